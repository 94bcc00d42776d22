import Store

/// How many there are of what a caller sees.
struct ScopedCounts {
  let database: Database
  let scope: AccessScope

  func numbers() throws(StoreError) -> Int {
    try count("SELECT count(*) FROM number WHERE \(isSeen("address"))")
  }

  func reps() throws(StoreError) -> Int {
    if scope.isFull { return try count("SELECT count(*) FROM rep") }
    return try count(
      """
      SELECT count(DISTINCT a.rep_id) FROM assignment a JOIN number n ON n.id = a.number_id
      WHERE a.until IS NULL AND \(isSeen("n.address"))
      """)
  }

  func contacts() throws(StoreError) -> Int {
    if scope.isFull { return try count("SELECT count(*) FROM contact") }
    return try count(
      """
      SELECT count(*) FROM (
        SELECT c.id FROM number n JOIN assignment a ON a.number_id = n.id AND a.until IS NULL
        JOIN contact c ON c.owner_rep = a.rep_id WHERE \(isSeen("n.address"))
        UNION
        SELECT p.contact_id FROM number n JOIN conversation v ON v.number_id = n.id AND v.role = 0
        JOIN contact_phone p ON p.phone = v.phone WHERE \(isSeen("n.address")))
      """)
  }

  func conversations() throws(StoreError) -> Int {
    try count("SELECT count(*) FROM conversation WHERE role = 0 AND \(isOfSeen("number_id"))")
  }

  func campaignsRunning() throws(StoreError) -> Int {
    let ofOthers = "SELECT 1 FROM run r WHERE r.campaign_id = c.id AND NOT \(isOfSeen("r.number_id"))"
    return try count("SELECT count(*) FROM campaign c WHERE state = 'running' AND NOT EXISTS (\(ofOthers))")
  }

  // MARK: Messages that wait

  func waitingInteractive() throws(StoreError) -> Int {
    try count("SELECT count(DISTINCT ref >> 8) FROM pending WHERE class <> 1 AND \(isOfSeen("number_id"))")
  }

  func waitingCampaign() throws(StoreError) -> Int {
    let back = try count(
      "SELECT count(DISTINCT ref >> 8) FROM pending WHERE class = 1 AND \(isOfSeen("number_id"))")
    let waiting = try count(
      """
      SELECT sum(max(0, r.end_id - r.next_ref / 256)) FROM campaign c CROSS JOIN run r ON r.campaign_id = c.id
      WHERE c.state IN ('running', 'paused') AND r.first_id > 0 AND \(isOfSeen("r.number_id"))
      """)
    return back + waiting
  }

  func unknown() throws(StoreError) -> Int {
    let message = "SELECT 1 FROM message m WHERE m.id = s.ref >> 8 AND \(isOfSeen("m.number_id"))"
    return try count(
      """
      SELECT count(DISTINCT s.ref >> 8) FROM segment s INDEXED BY segment_unknown
      WHERE s.state = 6 AND \(scope.isFull ? "1" : "EXISTS (\(message))")
      """)
  }

  // MARK: Conditions

  private func count(_ sql: String) throws(StoreError) -> Int { Int(try database.int(sql) ?? 0) }

  /// Addresses are integers, and stand in the statement as such.
  private func isSeen(_ address: String) -> String {
    guard let addresses = scope.addresses else { return "1" }
    return "\(address) IN (\(addresses.map(String.init).joined(separator: ", ")))"
  }

  private func isOfSeen(_ number: String) -> String {
    scope.isFull ? "1" : "\(number) IN (SELECT id FROM number WHERE \(isSeen("address")))"
  }
}
