enum PlaceholderAppServer {}
