/// Why one PDU cannot be taken, or cannot be sent: the field and where it begins, never what it holds.
public struct PDUError: Error, Hashable, Sendable {
  public enum Reason: UInt8, Hashable, Sendable {
    /// command_length differs from the octets given, or the body ends inside a mandatory field.
    case truncated
    /// No NUL within the field's size, or a value over the field's size.
    case tooLong
    /// The field's length is not one it can have.
    case wrongLength
    /// The field's value is not one it can have.
    case wrongValue
    /// The id is not of SMPP 3.4.
    case unknownCommand
  }

  public var reason: Reason
  public var field: PDUField
  /// Octets from the start of the PDU to the field.
  public var offset: Int
  /// The optional parameter, where the field is one.
  public var tag: TLVTag?

  public init(_ reason: Reason, _ field: PDUField, offset: Int, tag: TLVTag? = nil) {
    self.reason = reason
    self.field = field
    self.offset = offset
    self.tag = tag
  }

  /// The command_status the peer is told.
  public var status: CommandStatus {
    switch reason {
    case .unknownCommand: .ESME_RINVCMDID
    case .truncated:
      switch field {
      case .shortMessage: .ESME_RINVMSGLEN
      case .optionalParameters: .ESME_RINVOPTPARSTREAM
      default: .ESME_RINVCMDLEN
      }
    case .tooLong, .wrongLength, .wrongValue: field.status
    }
  }
}

extension PDUError: CustomStringConvertible {
  public var description: String {
    let name = tag.map { "\(field.rawValue) \($0.name)" } ?? field.rawValue
    return switch reason {
    case .truncated: "\(name) is cut off at octet \(offset)"
    case .tooLong: "\(name) at octet \(offset) is too long"
    case .wrongLength: "\(name) at octet \(offset) has a wrong length"
    case .wrongValue: "\(name) at octet \(offset) has a value it cannot have"
    case .unknownCommand: "\(name) is not of SMPP 3.4"
    }
  }
}

/// The fields a PDU can be wrong in, by the specification's names.
public enum PDUField: String, Hashable, Sendable {
  case commandLength = "command_length"
  case commandID = "command_id"
  case systemID = "system_id"
  case password
  case systemType = "system_type"
  case interfaceVersion = "interface_version"
  case addressRange = "address_range"
  case serviceType = "service_type"
  case sourceAddress = "source_addr"
  case destinationAddress = "destination_addr"
  case esmeAddress = "esme_addr"
  case esmClass = "esm_class"
  case protocolID = "protocol_id"
  case priorityFlag = "priority_flag"
  case scheduleDeliveryTime = "schedule_delivery_time"
  case validityPeriod = "validity_period"
  case registeredDelivery = "registered_delivery"
  case replaceIfPresentFlag = "replace_if_present_flag"
  case dataCoding = "data_coding"
  case smDefaultMsgID = "sm_default_msg_id"
  case smLength = "sm_length"
  case shortMessage = "short_message"
  case messageID = "message_id"
  case finalDate = "final_date"
  case messageState = "message_state"
  case errorCode = "error_code"
  case numberOfDests = "number_of_dests"
  case destFlag = "dest_flag"
  case dlName = "dl_name"
  case noUnsuccess = "no_unsuccess"
  case errorStatusCode = "error_status_code"
  case optionalParameters = "optional parameters"
  /// One optional parameter, named by `PDUError.tag`.
  case optionalParameter = "optional parameter"

  /// What a wrong length or value of the field is answered with: the field's own status where table 5-2 has one.
  public var status: CommandStatus {
    switch self {
    case .commandLength: .ESME_RINVCMDLEN
    case .commandID: .ESME_RINVCMDID
    case .systemID: .ESME_RINVSYSID
    case .password: .ESME_RINVPASWD
    case .systemType: .ESME_RINVSYSTYP
    case .serviceType: .ESME_RINVSERTYP
    case .sourceAddress: .ESME_RINVSRCADR
    case .destinationAddress: .ESME_RINVDSTADR
    case .esmClass: .ESME_RINVESMCLASS
    case .priorityFlag: .ESME_RINVPRTFLG
    case .scheduleDeliveryTime: .ESME_RINVSCHED
    case .validityPeriod: .ESME_RINVEXPIRY
    case .registeredDelivery: .ESME_RINVREGDLVFLG
    case .replaceIfPresentFlag: .ESME_RINVREPFLAG
    case .smDefaultMsgID: .ESME_RINVDFTMSGID
    case .smLength, .shortMessage: .ESME_RINVMSGLEN
    case .messageID: .ESME_RINVMSGID
    case .numberOfDests, .noUnsuccess: .ESME_RINVNUMDESTS
    case .destFlag: .ESME_RINVDESTFLAG
    case .dlName: .ESME_RINVDLNAME
    case .optionalParameters: .ESME_RINVOPTPARSTREAM
    case .optionalParameter: .ESME_RINVPARLEN
    case .interfaceVersion, .addressRange, .esmeAddress, .protocolID, .dataCoding, .finalDate, .messageState,
      .errorCode, .errorStatusCode:
      .ESME_RINVPARLEN
    }
  }
}
