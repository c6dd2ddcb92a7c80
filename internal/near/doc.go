// Package near finds the word that somebody meant who mistyped one.
package near
