enum PlaceholderPythonHost {}
