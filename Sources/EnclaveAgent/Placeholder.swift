enum PlaceholderEnclaveAgent {}
