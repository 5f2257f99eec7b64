enum PlaceholderRATLSTransport {}
