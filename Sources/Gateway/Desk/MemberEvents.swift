import Contract

extension Part {
  func emitChange(of row: MemberTable.MemberRow) {
    let view = MemberView(row, at: now)
    emit(
      .memberChanged(
        MemberChanged(
          memberID: view.memberID, login: view.login, name: view.name, roles: view.roles, repID: view.repID,
          active: view.active, hasPassword: view.hasPassword, hasSecondFactor: view.hasSecondFactor,
          presence: view.presence,
          invitedUntil: view.invitedUntil, createdAt: view.createdAt, at: Timestamp(milliseconds: now))))
  }
}
