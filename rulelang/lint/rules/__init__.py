"""The lint rules, one file each; a new file is a new rule."""
