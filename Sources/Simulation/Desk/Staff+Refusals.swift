import CarrierSimulator
import Contract
import NetIO
import SocketServer

/// Orders that have to be refused, and change nothing.
extension Staff {
  private static let nobody: Int64 = 1 << 40
  private static let unknownNumber = PhoneNumber("+18885550999")

  func giveInVain(_ method: Method) {
    guard let number = address(0), let other = address(1), let unknown = Staff.unknownNumber else { return }
    let known = random.happens(0.5)
    switch method {
    case .feedSubscribe:
      askInVain(method) { [unowned self] _ in
        let cursor = Cursor(world.ledger.newest + 10_000_000)
        return .feedSubscribe(FeedSubscribe(consumer: "export-9", start: .cursor(cursor)))
      }
    case .feedAck:
      let consumer = known ? "crm" : "nobody"
      askInVain(method) { [unowned self] _ in
        .feedAck(FeedAck(consumer: consumer, cursor: Cursor(world.ledger.newest + 10_000_000)))
      }
    case .feedForget: askInVain(method) { .feedForget(FeedForget(consumer: "nobody", idempotencyKey: $0)) }
    case .messageSend: sendInVain(other)
    case .messageSendMany:
      askInVain(method) { .messageSendMany(MessageSendMany(messages: [], idempotencyKey: $0)) }
    case .campaignPlan: planInVain(unknown)
    case .campaignCommit:
      askInVain(method) {
        .campaignCommit(CampaignCommit(campaignID: CampaignID(Staff.nobody), idempotencyKey: $0))
      }
    case .campaignPause:
      askInVain(method) {
        .campaignPause(CampaignPause(campaignID: CampaignID(Staff.nobody), idempotencyKey: $0))
      }
    case .campaignResume:
      askInVain(method) {
        .campaignResume(CampaignResume(campaignID: CampaignID(Staff.nobody), idempotencyKey: $0))
      }
    case .campaignCancel:
      askInVain(method) {
        .campaignCancel(CampaignCancel(campaignID: CampaignID(Staff.nobody), idempotencyKey: $0))
      }
    case .consentRecord: recordInVain(unknown)
    case .consentImport:
      askInVain(method) { .consentImport(ConsentImport(optOuts: [], idempotencyKey: $0)) }
    case .conversationAssign: assignInVain()
    case .conversationMarkRead: markReadInVain(known)
    case .memberAdd, .memberUpdate, .memberInvite, .sessionEnrol, .sessionOpen, .sessionClose:
      signInInVain(method)
    case .queueAdd, .queueUpdate, .queueJoin, .queueLeave, .memberPresence, .numberSetQueue, .serveNext,
      .serveWithdraw, .conversationTake, .conversationRelease, .conversationTransfer, .conversationSnooze,
      .conversationWake, .conversationComplete, .dispositionAdd:
      workInVain(method)
    case .noteAdd, .draftPut, .leaseHold, .leaseDrop, .templatePut, .templateRemove: writeInVain(method)
    case .leadCreate, .leadAssign, .leadClaim, .leadMarkHot, .leadClose: workOnLeadsInVain(method)
    case .absenceSet, .absenceClear: goAwayInVain(method)
    case .calendarSet, .calendarClear: calendarInVain(method)
    case .keywordPut, .keywordRemove: keywordInVain(method)
    case .emailSettle, .sessionRedeem: mailInVain(method)
    case .pause, .resume, .goLive, .testPhoneAdd, .testPhoneRemove, .clockAccept: stopInVain(method)
    case .quarantineRelease:
      askInVain(method) { .quarantineRelease(QuarantineRelease(quarantineID: 1 << 40, idempotencyKey: $0)) }
    case .quarantineForget:
      askInVain(method) { .quarantineForget(QuarantineForget(quarantineID: 1 << 40, idempotencyKey: $0)) }
    case .unknownResolve:
      askInVain(method) {
        .unknownResolve(
          UnknownResolve(
            messageID: MessageID(known ? 1 : Staff.nobody), resolution: .retry,
            note: known ? "" : "no such text",
            idempotencyKey: $0))
      }
    default: changeInVain(method, number, other, unknown)
    }
  }

  // MARK: Texts

  private func sendInVain(_ other: PhoneNumber) {
    guard let phone = anyTypedPhone, let contact = pick(contacts) else { return }
    let bad: [(Caller, MessageSend)] = [
      (Desk.admin, .init(to: .phone(phone), text: "  ", idempotencyKey: "")),
      (Desk.admin, .init(to: .contact(ContactID(Staff.nobody)), text: "z", idempotencyKey: "")),
      (
        Desk.admin,
        .init(from: .rep(RepID(Staff.nobody)), to: .contact(contact), text: "z", idempotencyKey: "")
      ),
      (Desk.admin, .init(to: .phone(phone), text: "z", idempotencyKey: "", class: .campaign)),
      (
        Desk.admin,
        .init(to: .phone(phone), text: "z", idempotencyKey: "", notAfter: Timestamp(milliseconds: 1_000))
      ),
      (team, .init(from: .number(other), to: .phone(phone), text: "z", idempotencyKey: "")),
    ]
    guard let (caller, chosen) = pick(bad) else { return }
    var message = chosen
    askInVain(.messageSend, as: caller) {
      message.idempotencyKey = $0
      return .messageSend(message)
    }
  }

  private func planInVain(_ unknown: PhoneNumber) {
    let bad: [CampaignPlan] = [
      .init(audience: Audience(tag: "all"), text: "  ", idempotencyKey: ""),
      .init(audience: Audience(tag: "all", all: true), text: "z", idempotencyKey: ""),
      .init(audience: Audience(tag: "no such tag"), text: "z", idempotencyKey: ""),
      .init(audience: Audience(contactIDs: [ContactID(Staff.nobody)]), text: "z", idempotencyKey: ""),
      .init(from: .number(unknown), audience: Audience(tag: "all"), text: "z", idempotencyKey: ""),
      .init(audience: Audience(tag: "all"), text: "z {{no_such_field}}", idempotencyKey: ""),
    ]
    guard var plan = pick(bad) else { return }
    askInVain(.campaignPlan) {
      plan.idempotencyKey = $0
      return .campaignPlan(plan)
    }
  }

  private func recordInVain(_ unknown: PhoneNumber) {
    guard let phone = anyTypedPhone else { return }
    let bad: [ConsentRecord] = [
      .init(phone: phone, kind: .optOut, evidence: ""),
      .init(phone: phone, kind: .optOut, scope: .number, evidence: "said so"),
      .init(phone: phone, kind: .optIn, number: unknown, evidence: "said so"),
    ]
    guard var record = pick(bad) else { return }
    askInVain(.consentRecord) {
      record.idempotencyKey = $0
      return .consentRecord(record)
    }
  }

  private func assignInVain() {
    let conversation = pick(world.witness.conversations)
    askInVain(.conversationAssign) { [unowned self] in
      .conversationAssign(
        ConversationAssign(
          conversationID: conversation ?? ConversationID(Staff.nobody),
          repID: conversation == nil ? reps[0] : RepID(Staff.nobody), idempotencyKey: $0))
    }
  }

  private func markReadInVain(_ known: Bool) {
    let conversation = known ? pick(world.witness.conversations) : nil
    askInVain(.conversationMarkRead) {
      .conversationMarkRead(
        ConversationMarkRead(
          conversationID: conversation ?? ConversationID(Staff.nobody),
          messageID: conversation == nil ? nil : MessageID(Staff.nobody), idempotencyKey: $0))
    }
  }

  // MARK: Whether anything leaves

  private func stopInVain(_ method: Method) {
    let phones = [anyTypedPhone].compactMap { $0 }
    askInVain(method, as: team) {
      switch method {
      case .pause: .pause(Pause(idempotencyKey: $0))
      case .resume: .resume(Resume(idempotencyKey: $0))
      case .goLive: .goLive(GoLive(live: false, idempotencyKey: $0))
      case .testPhoneAdd: .testPhoneAdd(TestPhoneAdd(phones: phones, idempotencyKey: $0))
      case .testPhoneRemove: .testPhoneRemove(TestPhoneRemove(phones: phones, idempotencyKey: $0))
      default: .clockAccept(ClockAccept(idempotencyKey: $0))
      }
    }
  }

  // MARK: Who there is

  private func changeInVain(
    _ method: Method, _ number: PhoneNumber, _ other: PhoneNumber, _ unknown: PhoneNumber
  ) {
    made += 1
    let (choice, rep, contact) = (random.within(0, 2), reps[0], contacts[0])
    // Of a rep who is there, and of one who will be refused: it is nobody's afterwards.
    let (taken, free) = (TypedPhone("+13035559000"), TypedPhone("+1303557\(1_000 + made)"))
    if choice == 2, let free { world.mobiles.append(String(free.text.dropFirst())) }
    let nobody = RepID(Staff.nobody)
    switch method {
    case .numberAdd:
      let bad: [NumberAdd] = [
        .init(number: TypedPhone(number), routes: routes([0]), rate: 10),
        .init(number: TypedPhone(unknown), routes: routes([0]), rate: 0),
        .init(number: TypedPhone(unknown), carrier: "gamma", rate: 10),
      ]
      var add = bad[Int(choice)]
      askInVain(method) {
        add.idempotencyKey = $0
        return .numberAdd(add)
      }
    case .numberImport: askInVain(method) { .numberImport(NumberImport(numbers: [], idempotencyKey: $0)) }
    case .repImport: askInVain(method) { .repImport(RepImport(reps: [], idempotencyKey: $0)) }
    case .numberSetRate:
      askInVain(method, as: choice == 0 ? team : Desk.admin) {
        .numberSetRate(
          NumberSetRate(number: choice == 0 ? other : number, rate: choice == 0 ? 10 : 0, idempotencyKey: $0))
      }
    case .numberSetRoutes:
      let bad = [[], [NumberRoute(carrier: "gamma")], routes([0]) + routes([1])]
      askInVain(method) {
        .numberSetRoutes(NumberSetRoutes(number: number, routes: bad[Int(choice)], idempotencyKey: $0))
      }
    case .numberPause:
      askInVain(method, as: choice == 0 ? team : Desk.admin) {
        .numberPause(NumberPause(number: choice == 0 ? other : unknown, idempotencyKey: $0))
      }
    case .numberResume:
      askInVain(method) { .numberResume(NumberResume(number: unknown, idempotencyKey: $0)) }
    case .numberAssign:
      askInVain(method) {
        .numberAssign(
          NumberAssign(
            number: choice == 0 ? unknown : number, repID: choice == 0 ? rep : nobody, idempotencyKey: $0))
      }
    case .repAdd:
      askInVain(method) {
        switch choice {
        case 0: .repAdd(RepAdd(name: " ", idempotencyKey: $0))
        case 1: .repAdd(RepAdd(name: "Twin", mobile: taken, idempotencyKey: $0))
        default: .repAdd(RepAdd(name: "Typo", number: TypedPhone(unknown), mobile: free, idempotencyKey: $0))
        }
      }
    case .repUpdate:
      askInVain(method) {
        switch choice {
        case 0: .repUpdate(RepUpdate(repID: nobody, name: "Nobody", idempotencyKey: $0))
        case 1:
          .repUpdate(RepUpdate(repID: rep, clearEmail: true, alertBy: .email, idempotencyKey: $0))
        default: .repUpdate(RepUpdate(repID: rep, name: "  ", mobile: free, idempotencyKey: $0))
        }
      }
    case .contactUpsert: askInVain(method) { .contactUpsert(ContactUpsert(contacts: [], idempotencyKey: $0)) }
    case .contactTag:
      askInVain(method) {
        .contactTag(
          ContactTag(
            contactIDs: [choice == 0 ? contact : ContactID(Staff.nobody)], tag: choice == 0 ? " " : "vip",
            idempotencyKey: $0))
      }
    case .contactUntag:
      askInVain(method) {
        .contactUntag(
          ContactUntag(
            contactIDs: [contact, choice == 0 ? contact : ContactID(Staff.nobody)],
            tag: choice == 0 ? " " : "vip",
            idempotencyKey: $0))
      }
    case .groupCreate:
      askInVain(method) {
        .groupCreate(
          GroupCreate(
            name: choice == 0 ? " " : "nobody's", contactIDs: [ContactID(Staff.nobody)], idempotencyKey: $0))
      }
    case .groupAdd:
      askInVain(method) {
        .groupAdd(GroupAdd(group: .name("no such group"), contactIDs: [contact], idempotencyKey: $0))
      }
    case .groupRemove:
      askInVain(method) {
        .groupRemove(GroupRemove(group: .name("no such group"), contactIDs: [contact], idempotencyKey: $0))
      }
    default: preconditionFailure("\(method) is no order")
    }
  }
}
