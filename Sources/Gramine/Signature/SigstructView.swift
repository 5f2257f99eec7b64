package import Notation
internal import SGXQuote

extension Sigstruct {
    /// What Gramine's own viewer shows of a signature, in its order and under its names.
    /// - Parameter isWhole: whether attributes, masks and the date are shown too.
    package func view(isWhole: Bool) -> [Member] {
        func hex(_ number: some BinaryInteger) -> Node { Node("0x" + String(number, radix: 16)) }
        var members = [
            Member("mr_signer", Node(signer.description)),
            Member("mr_enclave", Node(body.measurement.description)),
            Member("isv_prod_id", Node(Int(body.productID))),
            Member("isv_svn", Node(Int(body.securityVersion))),
        ]
        if isWhole {
            members += [
                Member("attribute_flags", hex(body.attributeFlags)),
                Member("attribute_xfrms", hex(body.xfrm)),
                Member("misc_select", hex(body.miscSelect)),
                Member("attribute_flags_mask", hex(body.attributeFlagsMask)),
                Member("attribute_xfrm_mask", hex(body.xfrmMask)),
                Member("misc_mask", hex(body.miscMask)),
                Member("date", Node(body.date.description)),
            ]
        }
        members.append(Member("debug_enclave", Node(.boolean(body.isDebug))))
        return members
    }
}
