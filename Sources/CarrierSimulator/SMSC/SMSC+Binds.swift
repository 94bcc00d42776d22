import SMPP
import SMPPSession

extension SMSC {
  /// Decides about a bind.
  func authorise(_ type: BindType, _ bind: Bind, on link: Link) {
    let decision: SMPPSession.Authorisation
    switch account(for: type, bind) {
    case .success(let index):
      enter(link, account: index, type, bind.systemID)
      var response = BindResp(systemID: configuration.systemID)
      response.tlvs.scInterfaceVersion = configuration.interfaceVersion
      link.takesParameters = configuration.interfaceVersion.map(InterfaceVersion.takesParameters) ?? true
      decision = .accepted(response)
    case .failure(let refusal):
      counts.bindsRefused += 1
      decision = .refused(refusal.status)
    }
    act(link) { $0.authorise(decision, at: now, into: &$1) }
  }

  private struct BindRefusal: Error { let status: CommandStatus }

  private func account(for type: BindType, _ bind: Bind) -> Result<Int, BindRefusal> {
    if let status = configuration.faults.bindStatus { return .failure(BindRefusal(status: status)) }
    guard configuration.bindTypes.contains(type) else {
      return .failure(BindRefusal(status: .ESME_RBINDFAIL))
    }
    guard let index = accountIndex(of: bind.systemID) else {
      return .failure(BindRefusal(status: .ESME_RINVSYSID))
    }
    let account = accounts[index]
    if let password = account.password, password != bind.password {
      return .failure(BindRefusal(status: .ESME_RINVPASWD))
    }
    guard account.links.count < account.maximumSessions else {
      return .failure(BindRefusal(status: .ESME_RALYBND))
    }
    return .success(index)
  }

  private func accountIndex(of systemID: COctetString) -> Int? {
    if let index = accounts.firstIndex(where: { $0.systemID == systemID }) { return index }
    guard configuration.accounts.isEmpty, accounts.count < SMSC.maximumLinks else { return nil }
    accounts.append(
      AccountState(
        systemID: systemID, password: nil, maximumSessions: SMSC.maximumLinks,
        rate: configuration.throttle.perAccount.map { RateWindow(limit: $0) }))
    return accounts.count - 1
  }

  /// The gateway took our bind: it is the first account's.
  func called(_ link: Link) {
    guard case .esme(let type, let bind) = link.session.role, !accounts.isEmpty else { return }
    enter(link, account: 0, type, bind.systemID)
  }

  private func enter(_ link: Link, account: Int, _ type: BindType, _ systemID: COctetString) {
    link.account = account
    link.bindType = type
    link.systemID = systemID
    accounts[account].links.append(link)
    counts.binds += 1
    counts.bound += 1
    want(.tell(.bound(systemID: systemID, type)))
  }

  /// A bound link is gone: what it was sent and did not answer goes back to the queue, or is lost.
  func leave(_ link: Link) {
    guard let index = link.account else { return }
    accounts[index].links.removeAll { $0 === link }
    counts.bound -= 1
    let unanswered = link.inFlight.sorted { $0.key < $1.key }.map(\.value.delivery)
    link.inFlight.removeAll()
    if configuration.redelivers {
      accounts[index].queue.putBack(unanswered)
      counts.redelivered += UInt64(unanswered.count)
    } else {
      for delivery in unanswered { giveUp(delivery, account: index) }
    }
    want(.tell(.unbound(systemID: link.systemID)))
  }
}
