// Package image describes the image: the versions in it, the largest size of each variant (budget.json), the build
// arguments for the Dockerfile, and the labels of the finished image.
//
// [Load] reads versions from the files that the build itself uses, the Dockerfile's defaults and the locks of the package
// managers. So each version stands in one place.
package image
