/// What a judge says of a peer, with what whoever asked is to know of it.
public enum PeerDecision<Accepted: Sendable, Refused: Sendable>: Sendable {
    case accepted(Accepted)
    case refused(Refused)
}
