/// Octets of the C-octet strings of SMPP 3.4, each with its NUL (4.1-4.12, 5.2).
enum FieldSize {
  static let systemID = 16
  static let password = 9
  static let systemType = 13
  static let addressRange = 41
  static let serviceType = 6
  static let address = 21
  /// Of data_sm and alert_notification.
  static let longAddress = 65
  static let dlName = 21
  static let messageID = 65
  static let time = 17

  /// Octets of short_message (5.2.21, 5.2.22). 255 is taken from peers, since sm_length can say it.
  static let shortMessage = 254
  /// Destinations of a submit_multi (5.2.24).
  static let destinations = 254
}

extension FieldSize {
  /// Refuses to send a string longer than its field.
  static func check(_ value: COctetString, _ size: Int, _ field: PDUField) throws(PDUError) {
    guard value.count < size else { throw PDUError(.tooLong, field, offset: 0) }
  }

  /// Refuses to send a time that is neither empty nor of 16 characters (7.1.1).
  static func checkTime(_ value: COctetString, _ field: PDUField) throws(PDUError) {
    guard value.isEmpty || value.count == time - 1 else { throw PDUError(.wrongLength, field, offset: 0) }
  }
}
