extension Concatenation {
  /// The place that `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum` give (SMPP 3.4, 5.3.2.22 - 24);
  /// nil unless all three are there and make one.
  public init?(sar tlvs: TLVs) {
    guard !tlvs.isEmpty, let reference = tlvs.sarMsgRefNum, let total = tlvs.sarTotalSegments,
      let sequence = tlvs.sarSegmentSeqnum
    else { return nil }
    self.init(kind: .sar, reference: reference, total: total, sequence: sequence)
  }

  /// The place of a message: its user data header's, else that of its `sar_` parameters. nil for a message of one part,
  /// which may be told as part 1 of 1 as well.
  init?(octets: [UInt8], esmClass: UInt8, tlvs: TLVs) {
    if ESMClass.hasUDH(esmClass), let place = UserDataHeader.parse(octets)?.header.concatenation {
      self = place
    } else if let place = Concatenation(sar: tlvs) {
      self = place
    } else {
      return nil
    }
    if total == 1 { return nil }
  }
}

extension MessagePart {
  /// A message as a part of one; nil where it is whole by itself.
  init?(octets: [UInt8], dataCoding: UInt8, esmClass: UInt8, tlvs: TLVs) {
    guard ESMClass.hasUDH(esmClass) || !tlvs.isEmpty,
      let place = Concatenation(octets: octets, esmClass: esmClass, tlvs: tlvs)
    else { return nil }
    self.init(place: place, dataCoding: dataCoding, octets: octets, udhi: ESMClass.hasUDH(esmClass))
  }
}

extension SubmitSM {
  /// Puts a segment's text in its field, with `data_coding`, the UDHI bit of `esm_class` and the `sar_` parameters it needs.
  public mutating func setText(_ segment: Segment) {
    dataCoding = segment.dataCoding
    if segment.udhi {
      esmClass |= ESMClass.udhIndicator
    } else {
      esmClass &= ~ESMClass.udhIndicator
    }
    switch segment.placement {
    case .shortMessage: shortMessage = segment.octets
    case .messagePayload:
      shortMessage = []
      tlvs.messagePayload = segment.octets
    }
    if let sar = segment.sar {
      tlvs.sarMsgRefNum = sar.reference
      tlvs.sarTotalSegments = sar.total
      tlvs.sarSegmentSeqnum = sar.sequence
    }
  }

  /// The message for a peer that takes no optional parameters: its `sar_` place becomes a user data header. What else the parameters
  /// say is left out; a text in `message_payload` is not to be sent to such a peer.
  public var withoutParameters: SubmitSM {
    guard !tlvs.isEmpty else { return self }
    var bare = self
    bare.tlvs = TLVs()
    guard !ESMClass.hasUDH(esmClass), let sar = Concatenation(sar: tlvs) else { return bare }
    guard
      let place = Concatenation(
        kind: .udh8, reference: sar.reference, total: sar.total, sequence: sar.sequence)
    else { return bare }
    bare.shortMessage = UserDataHeader(place).encoded + shortMessage
    bare.esmClass |= ESMClass.udhIndicator
    return bare
  }

  /// The text by itself, from `short_message` or `message_payload`, as `data_coding` says.
  public func text(defaultAlphabet: DefaultAlphabet = .gsm7) -> DecodedText {
    codedText(CharsetMap(defaultAlphabet)).decoded()
  }

  /// The octets of the text with what is said of them.
  public func codedText(_ charsets: CharsetMap = CharsetMap()) -> CodedText {
    CodedText(textOctets, dataCoding: dataCoding, charsets: charsets, udhi: ESMClass.hasUDH(esmClass))
  }

  /// The message as a part of one, by its user data header or its `sar_` parameters; nil where it is whole by itself.
  public var messagePart: MessagePart? {
    guard ESMClass.hasUDH(esmClass) || !tlvs.isEmpty else { return nil }
    return MessagePart(octets: textOctets, dataCoding: dataCoding, esmClass: esmClass, tlvs: tlvs)
  }
}

extension DataSM {
  /// The text by itself, as `data_coding` says.
  public func text(defaultAlphabet: DefaultAlphabet = .gsm7) -> DecodedText {
    CodedText(
      textOctets, dataCoding: dataCoding, charsets: CharsetMap(defaultAlphabet),
      udhi: ESMClass.hasUDH(esmClass)
    ).decoded()
  }

  /// The message as a part of one; nil where it is whole by itself.
  public var messagePart: MessagePart? {
    MessagePart(octets: textOctets, dataCoding: dataCoding, esmClass: esmClass, tlvs: tlvs)
  }
}
