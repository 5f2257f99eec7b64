internal import Notation
public import SGXQuote

// Declared here, so that the parser of quotes needs nothing of ours.
extension QuoteError: CodedError {}
