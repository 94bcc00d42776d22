import Contract
import Settings
import Store

/// How often the gateway answers one phone by itself: a machine at the other end may answer every answer.
struct AnswerLimit: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let directory: Directory
  let table: AnswerLimitTable
  let counts: CarrierCountTable

  /// Whether a phone got an automatic answer within some milliseconds.
  func hasTaken(_ phone: PhoneNumber, within milliseconds: Int64) throws(StoreError) -> Bool {
    try table.row(of: phone.packed).times.contains { $0 > now - milliseconds && $0 <= now }
  }

  /// Whether a phone may get one more automatic answer; if so, it counts. Beyond `limits.answers_per_phone_hour` there is silence, and one
  /// alert. What the phone asked for holds all the same.
  func take(_ phone: PhoneNumber, _ number: Number, in conversation: Int64) throws(StoreError) -> Bool {
    var row = try table.row(of: phone.packed)
    // The clock may have been set back.
    row.times.removeAll { $0 <= now - BoundWindow.hour || $0 > now }
    let mayAnswer = row.times.count < settings.answersPerPhoneHour
    if mayAnswer {
      row.times.append(now)
      row.isWithheld = false
    } else {
      if let carrier = number.sendRoutes.first?.carrier { counts.count(carrier, .answersWithheld) }
      if !row.isWithheld {
        // One phone is one alert, and so are many at once.
        alertSometimes(
          .answersWithheld, about: "withheld \(number.id)", subject: number.address.description,
          "the phone of \(ConversationID(conversation)) got \(settings.answersPerPhoneHour) automatic answers in an hour "
            + "(limits.answers_per_phone_hour); it gets no further ones for now")
      }
      row.isWithheld = true
    }
    try table.put(row, of: phone.packed, at: now)
    return mayAnswer
  }
}
