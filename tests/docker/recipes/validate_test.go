package recipes

// deployDir holds the recipes as files.
const deployDir = "../../../deploy"
