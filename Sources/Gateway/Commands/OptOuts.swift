import Contract
import Store

/// `consent.import`, and the opt-outs that come with contacts: many at once, with what they are known by.
struct OptOuts: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let phones: Phones
  let directory: Directory
  let barrier: Barrier

  /// Each opt-out by itself, in their order. Who is opted out of the brand already gets no further record.
  func take(_ params: ConsentImport, _ caller: Requester) throws(APIError) -> Decision {
    guard (1...CommandLimits.upsert).contains(params.optOuts.count) else {
      throw .invalid("opt_outs", "1 to \(CommandLimits.upsert)")
    }
    return Decision { () throws(StoreError) in
      var result = ConsentImportResult(recorded: 0, known: 0, refused: 0, cancelled: 0, results: [])
      for (index, input) in params.optOuts.enumerated() {
        var item = OptOutItem(index: index, status: .refused)
        do throws(APIError) {
          let phone = try phone(input.phone)
          item.phone = phone
          let isNew = try read(try isOpen(phone))
          if isNew, params.dryRun != true {
            result.cancelled += try read(try close(phone, input.evidence, caller))
          }
          item.status = isNew ? .recorded : .known
        } catch {
          if let failure = reads.failure { throw failure }
          item.reason = error.refusal ?? .invalidField
          item.detail = error.message
        }
        switch item.status {
        case .recorded: result.recorded += 1
        case .known: result.known += 1
        case .refused: result.refused += 1
        }
        result.results.append(item)
      }
      return result
    }
  }

  /// Whoever wants no texts gets none, at any of the phones that can be read.
  /// - Returns: how many phones this opts out; those that were already are not counted.
  func record(_ typed: [String], _ evidence: String, _ caller: Requester, isDry: Bool) throws(StoreError)
    -> Int
  {
    var count = 0
    for text in typed.prefix(CommandLimits.phones) {
      guard let phone = try? phone(text), try isOpen(phone) else { continue }
      if !isDry { _ = try close(phone, evidence, caller) }
      count += 1
    }
    return count
  }

  private func phone(_ text: String) throws(APIError) -> E164 {
    let phone = try phones.anyPhone(try TypedPhone(given: text, field: "phone"), field: "phone")
    guard directory.number(at: PhoneNumber(phone)) == nil else {
      throw .refused(.notTextable, "phone: this is one of our numbers", field: "phone")
    }
    return phone
  }

  private func isOpen(_ phone: E164) throws(StoreError) -> Bool {
    try !barrier.consent.scopes(of: phone.digits).contains(.brand)
  }

  private func close(_ phone: E164, _ evidence: String, _ caller: Requester) throws(StoreError) -> Int {
    let told =
      evidence.isBlank
      ? "imported" : String(String.UnicodeScalarView(evidence.unicodeScalars.prefix(CommandLimits.evidence)))
    return try barrier.optOut(
      PhoneNumber(phone), .brand, nil, ConsentEvidence(source: .import, text: told, by: caller.role)
    ).cancelled
  }
}
