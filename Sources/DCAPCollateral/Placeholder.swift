enum PlaceholderDCAPCollateral {}
