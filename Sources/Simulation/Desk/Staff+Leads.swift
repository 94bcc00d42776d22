import CarrierSimulator
import Contract
import NetIO
import SocketServer

/// Orders about people who asked to hear from us.
extension Staff {
  func workOnLeads(_ method: Method) {
    switch method {
    case .leadCreate:
      createLead { [unowned self] lead, ref in
        // The form is sent once more.
        guard random.happens(0.4) else { return }
        createLead(of: ref) { [unowned self] again, _ in
          if again.leadID < lead.leadID {
            world.witness.violated("leads", "\(ref) is \(lead.leadID), and then \(again.leadID)")
          }
        }
      }
    case .leadAssign:
      createLead { [unowned self] lead, _ in
        for _ in 0..<random.within(1, 3) {
          guard let rep = pick(reps) else { return }
          ask(.leadAssign(LeadAssign(leadID: lead.leadID, repID: rep, idempotencyKey: newKey()))) {
            [unowned self] json in
            guard let given = decoded(LeadView.self, json, method) else { return }
            if given.repID != rep || given.state == .open || given.conversationID == nil {
              world.witness.violated("leads", "\(lead.leadID) was given to \(rep): \(given)")
            }
          }
        }
        text(lead)
      }
    case .leadClaim:
      for _ in 0..<2 { createLead(isAnybodys: true) { [unowned self] lead, _ in twoClaim(lead) } }
    case .leadMarkHot:
      createLead { [unowned self] lead, _ in
        ask(.leadMarkHot(LeadMarkHot(leadID: lead.leadID, idempotencyKey: newKey()))) { [unowned self] json in
          guard let hot = decoded(LeadView.self, json, method) else { return }
          if !hot.hot { world.witness.violated("leads", "\(lead.leadID) is marked as hot: \(hot)") }
        }
      }
    default:
      createLead { [unowned self] lead, _ in
        if random.happens(0.5) { text(lead) }
        ask(.leadClose(LeadClose(leadID: lead.leadID, note: "wrong number", idempotencyKey: newKey())))
      }
    }
  }

  /// - Parameter ref: of a lead's contact, whose form is sent again.
  private func createLead(
    of ref: String? = nil, isAnybodys: Bool = false, _ then: @escaping (LeadView, _ ref: String) -> Void
  ) {
    made += 1
    let isAgain = ref != nil
    let ref = ref ?? "lead-\(made)"
    guard let cell = anyPhone, let work = anyPhone else { return }
    let isHot = random.happens(0.3)
    ask(
      .leadCreate(
        LeadCreate(
          ref: ref, firstName: "Lead", cellPhone: random.happens(0.2) ? "call me" : cell.description,
          workPhone: work.description, attributes: ["product": isHot ? "Life" : "car"], leadSource: "form",
          consentText: random.happens(0.5) ? "Yes, text me." : nil,
          repID: isAnybodys || random.happens(0.6) ? nil : pick(reps), idempotencyKey: newKey()))
    ) { [unowned self] json in
      guard let result = decoded(LeadCreateResult.self, json, .leadCreate) else { return }
      let lead = result.lead
      world.witness.gave(lead.leadID)
      if result.isNew {
        leads.append((lead.leadID, ref))
        if lead.hot != isHot || lead.phone == nil || !isAgain && lead.phoneField == .home {
          world.witness.violated("leads", "a lead of \(cell), hot \(isHot), is \(lead)")
        }
      } else if !isAgain, !leads.contains(where: { $0.id == lead.leadID }) {
        world.witness.violated("leads", "\(ref) is new, and is answered to be \(lead)")
      }
      then(lead, ref)
    }
  }

  /// Its rep texts a lead, or somebody else does.
  private func text(_ lead: LeadView) {
    guard let phone = lead.phone else { return }
    made += 1
    ask(
      .messageSend(
        MessageSend(
          from: random.happens(0.7) ? lead.repID.map { .rep($0) } : anyNumber.map { .number($0) },
          to: .phone(TypedPhone(phone)), text: Desk.text("n\(made)", parts: 1), idempotencyKey: newKey())))
  }

  /// Two reps press at once: one gets it.
  private func twoClaim(_ lead: LeadView) {
    var winners = 0
    for rep in Set([pick(reps), pick(reps)].compactMap { $0 }).sorted() {
      withMember(rep) { [unowned self] caller in
        world.desk.give(.leadClaim(LeadClaim(leadID: lead.leadID, idempotencyKey: newKey())), as: caller) {
          [unowned self] outcome in
          switch outcome {
          case .success(let json):
            winners += 1
            guard let claimed = decoded(LeadView.self, json, .leadClaim) else { return }
            if winners > 1 || claimed.repID != rep {
              world.witness.violated("leads", "\(lead.leadID), claimed by \(rep), is \(claimed)")
            }
          case .failure(let error):
            if ![.refused, .notFound, .noSession, .forbidden].contains(error.code) {
              world.witness.violated("commands", "lead.claim: \(error)")
            }
          }
        }
      }
    }
  }

  /// A rep who is signed in.
  func withMember(_ rep: RepID, _ then: @escaping (Caller) -> Void) {
    if let person = repMembers[rep], let session = person.sessions.last {
      return then(Self.page(in: session.token))
    }
    addMember(.rep, rep: rep) { [unowned self] person in
      repMembers[rep] = person
      enrol(person) { person in
        if let session = person.sessions.last { then(Self.page(in: session.token)) }
      }
    }
  }

  func workOnLeadsInVain(_ method: Method) {
    let nobody = LeadID(1 << 40)
    askInVain(method) { [unowned self] key in
      switch method {
      case .leadCreate:
        random.happens(0.5)
          ? .leadCreate(LeadCreate(cellPhone: "call me", leadSource: "form", idempotencyKey: key))
          : .leadCreate(
            LeadCreate(
              cellPhone: anyPhone?.description, leadSource: "form", repID: RepID(1 << 40), idempotencyKey: key
            ))
      case .leadAssign:
        .leadAssign(
          LeadAssign(leadID: leads.last?.id ?? nobody, repID: RepID(1 << 40), idempotencyKey: key))
      case .leadClaim: .leadClaim(LeadClaim(leadID: leads.last?.id ?? nobody, idempotencyKey: key))
      case .leadMarkHot: .leadMarkHot(LeadMarkHot(leadID: nobody, idempotencyKey: key))
      default: .leadClose(LeadClose(leadID: nobody, idempotencyKey: key))
      }
    }
  }
}
