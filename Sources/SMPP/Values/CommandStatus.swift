/// command_status, 4 octets (5.1.3, table 5-2): the outcome told in a response; ESME_ROK in a request.
///
/// Constants carry the specification's names, so a search for name or code finds them. Values reserved or private to
/// a carrier (0x400-0x4FF) survive as they came.
public struct CommandStatus: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// No error.
  public static let ESME_ROK = CommandStatus(rawValue: 0x0000_0000)
  /// Message length is invalid.
  public static let ESME_RINVMSGLEN = CommandStatus(rawValue: 0x0000_0001)
  /// Command length is invalid.
  public static let ESME_RINVCMDLEN = CommandStatus(rawValue: 0x0000_0002)
  /// Invalid command id.
  public static let ESME_RINVCMDID = CommandStatus(rawValue: 0x0000_0003)
  /// Incorrect bind status for the given command.
  public static let ESME_RINVBNDSTS = CommandStatus(rawValue: 0x0000_0004)
  /// ESME already in bound state.
  public static let ESME_RALYBND = CommandStatus(rawValue: 0x0000_0005)
  /// Invalid priority flag.
  public static let ESME_RINVPRTFLG = CommandStatus(rawValue: 0x0000_0006)
  /// Invalid registered delivery flag.
  public static let ESME_RINVREGDLVFLG = CommandStatus(rawValue: 0x0000_0007)
  /// System error.
  public static let ESME_RSYSERR = CommandStatus(rawValue: 0x0000_0008)
  /// Invalid source address.
  public static let ESME_RINVSRCADR = CommandStatus(rawValue: 0x0000_000A)
  /// Invalid destination address.
  public static let ESME_RINVDSTADR = CommandStatus(rawValue: 0x0000_000B)
  /// message_id is invalid.
  public static let ESME_RINVMSGID = CommandStatus(rawValue: 0x0000_000C)
  /// Bind failed.
  public static let ESME_RBINDFAIL = CommandStatus(rawValue: 0x0000_000D)
  /// Invalid password.
  public static let ESME_RINVPASWD = CommandStatus(rawValue: 0x0000_000E)
  /// Invalid system_id.
  public static let ESME_RINVSYSID = CommandStatus(rawValue: 0x0000_000F)
  /// cancel_sm failed.
  public static let ESME_RCANCELFAIL = CommandStatus(rawValue: 0x0000_0011)
  /// replace_sm failed.
  public static let ESME_RREPLACEFAIL = CommandStatus(rawValue: 0x0000_0013)
  /// Message queue full.
  public static let ESME_RMSGQFUL = CommandStatus(rawValue: 0x0000_0014)
  /// Invalid service_type.
  public static let ESME_RINVSERTYP = CommandStatus(rawValue: 0x0000_0015)
  /// Invalid number of destinations.
  public static let ESME_RINVNUMDESTS = CommandStatus(rawValue: 0x0000_0033)
  /// Invalid distribution list name.
  public static let ESME_RINVDLNAME = CommandStatus(rawValue: 0x0000_0034)
  /// Invalid destination flag (submit_multi).
  public static let ESME_RINVDESTFLAG = CommandStatus(rawValue: 0x0000_0040)
  /// Invalid "submit with replace" request: submit_sm with replace_if_present_flag set.
  public static let ESME_RINVSUBREP = CommandStatus(rawValue: 0x0000_0042)
  /// Invalid esm_class field data.
  public static let ESME_RINVESMCLASS = CommandStatus(rawValue: 0x0000_0043)
  /// Cannot submit to distribution list.
  public static let ESME_RCNTSUBDL = CommandStatus(rawValue: 0x0000_0044)
  /// submit_sm or submit_multi failed.
  public static let ESME_RSUBMITFAIL = CommandStatus(rawValue: 0x0000_0045)
  /// Invalid source address TON.
  public static let ESME_RINVSRCTON = CommandStatus(rawValue: 0x0000_0048)
  /// Invalid source address NPI.
  public static let ESME_RINVSRCNPI = CommandStatus(rawValue: 0x0000_0049)
  /// Invalid destination address TON.
  public static let ESME_RINVDSTTON = CommandStatus(rawValue: 0x0000_0050)
  /// Invalid destination address NPI.
  public static let ESME_RINVDSTNPI = CommandStatus(rawValue: 0x0000_0051)
  /// Invalid system_type field.
  public static let ESME_RINVSYSTYP = CommandStatus(rawValue: 0x0000_0053)
  /// Invalid replace_if_present_flag.
  public static let ESME_RINVREPFLAG = CommandStatus(rawValue: 0x0000_0054)
  /// Invalid number of messages.
  public static let ESME_RINVNUMMSGS = CommandStatus(rawValue: 0x0000_0055)
  /// Throttling error: the ESME has exceeded its allowed message limits.
  public static let ESME_RTHROTTLED = CommandStatus(rawValue: 0x0000_0058)
  /// Invalid scheduled delivery time.
  public static let ESME_RINVSCHED = CommandStatus(rawValue: 0x0000_0061)
  /// Invalid message validity period (expiry time).
  public static let ESME_RINVEXPIRY = CommandStatus(rawValue: 0x0000_0062)
  /// Predefined message invalid or not found.
  public static let ESME_RINVDFTMSGID = CommandStatus(rawValue: 0x0000_0063)
  /// ESME receiver temporary application error.
  public static let ESME_RX_T_APPN = CommandStatus(rawValue: 0x0000_0064)
  /// ESME receiver permanent application error.
  public static let ESME_RX_P_APPN = CommandStatus(rawValue: 0x0000_0065)
  /// ESME receiver reject message error.
  public static let ESME_RX_R_APPN = CommandStatus(rawValue: 0x0000_0066)
  /// query_sm request failed.
  public static let ESME_RQUERYFAIL = CommandStatus(rawValue: 0x0000_0067)
  /// Error in the optional part of the PDU body.
  public static let ESME_RINVOPTPARSTREAM = CommandStatus(rawValue: 0x0000_00C0)
  /// Optional parameter not allowed.
  public static let ESME_ROPTPARNOTALLWD = CommandStatus(rawValue: 0x0000_00C1)
  /// Invalid parameter length.
  public static let ESME_RINVPARLEN = CommandStatus(rawValue: 0x0000_00C2)
  /// Expected optional parameter missing.
  public static let ESME_RMISSINGOPTPARAM = CommandStatus(rawValue: 0x0000_00C3)
  /// Invalid optional parameter value.
  public static let ESME_RINVOPTPARAMVAL = CommandStatus(rawValue: 0x0000_00C4)
  /// Delivery failure (data_sm_resp).
  public static let ESME_RDELIVERYFAILURE = CommandStatus(rawValue: 0x0000_00FE)
  /// Unknown error.
  public static let ESME_RUNKNOWNERR = CommandStatus(rawValue: 0x0000_00FF)

  @inlinable public var isOK: Bool { rawValue == 0 }

  /// Every status of table 5-2 with its name, in numeric order.
  public static let all: [(status: CommandStatus, name: StaticString)] = [
    (.ESME_ROK, "ESME_ROK"), (.ESME_RINVMSGLEN, "ESME_RINVMSGLEN"),
    (.ESME_RINVCMDLEN, "ESME_RINVCMDLEN"), (.ESME_RINVCMDID, "ESME_RINVCMDID"),
    (.ESME_RINVBNDSTS, "ESME_RINVBNDSTS"), (.ESME_RALYBND, "ESME_RALYBND"),
    (.ESME_RINVPRTFLG, "ESME_RINVPRTFLG"), (.ESME_RINVREGDLVFLG, "ESME_RINVREGDLVFLG"),
    (.ESME_RSYSERR, "ESME_RSYSERR"), (.ESME_RINVSRCADR, "ESME_RINVSRCADR"),
    (.ESME_RINVDSTADR, "ESME_RINVDSTADR"), (.ESME_RINVMSGID, "ESME_RINVMSGID"),
    (.ESME_RBINDFAIL, "ESME_RBINDFAIL"), (.ESME_RINVPASWD, "ESME_RINVPASWD"),
    (.ESME_RINVSYSID, "ESME_RINVSYSID"), (.ESME_RCANCELFAIL, "ESME_RCANCELFAIL"),
    (.ESME_RREPLACEFAIL, "ESME_RREPLACEFAIL"), (.ESME_RMSGQFUL, "ESME_RMSGQFUL"),
    (.ESME_RINVSERTYP, "ESME_RINVSERTYP"), (.ESME_RINVNUMDESTS, "ESME_RINVNUMDESTS"),
    (.ESME_RINVDLNAME, "ESME_RINVDLNAME"), (.ESME_RINVDESTFLAG, "ESME_RINVDESTFLAG"),
    (.ESME_RINVSUBREP, "ESME_RINVSUBREP"), (.ESME_RINVESMCLASS, "ESME_RINVESMCLASS"),
    (.ESME_RCNTSUBDL, "ESME_RCNTSUBDL"), (.ESME_RSUBMITFAIL, "ESME_RSUBMITFAIL"),
    (.ESME_RINVSRCTON, "ESME_RINVSRCTON"), (.ESME_RINVSRCNPI, "ESME_RINVSRCNPI"),
    (.ESME_RINVDSTTON, "ESME_RINVDSTTON"), (.ESME_RINVDSTNPI, "ESME_RINVDSTNPI"),
    (.ESME_RINVSYSTYP, "ESME_RINVSYSTYP"), (.ESME_RINVREPFLAG, "ESME_RINVREPFLAG"),
    (.ESME_RINVNUMMSGS, "ESME_RINVNUMMSGS"), (.ESME_RTHROTTLED, "ESME_RTHROTTLED"),
    (.ESME_RINVSCHED, "ESME_RINVSCHED"), (.ESME_RINVEXPIRY, "ESME_RINVEXPIRY"),
    (.ESME_RINVDFTMSGID, "ESME_RINVDFTMSGID"), (.ESME_RX_T_APPN, "ESME_RX_T_APPN"),
    (.ESME_RX_P_APPN, "ESME_RX_P_APPN"), (.ESME_RX_R_APPN, "ESME_RX_R_APPN"),
    (.ESME_RQUERYFAIL, "ESME_RQUERYFAIL"), (.ESME_RINVOPTPARSTREAM, "ESME_RINVOPTPARSTREAM"),
    (.ESME_ROPTPARNOTALLWD, "ESME_ROPTPARNOTALLWD"), (.ESME_RINVPARLEN, "ESME_RINVPARLEN"),
    (.ESME_RMISSINGOPTPARAM, "ESME_RMISSINGOPTPARAM"),
    (.ESME_RINVOPTPARAMVAL, "ESME_RINVOPTPARAMVAL"),
    (.ESME_RDELIVERYFAILURE, "ESME_RDELIVERYFAILURE"), (.ESME_RUNKNOWNERR, "ESME_RUNKNOWNERR"),
  ]

  /// The specification's name, or the value in hexadecimal (`0x00000412`).
  public var name: String {
    Self.all.first { $0.status == self }.map { "\($0.name)" } ?? hexadecimal(rawValue, digits: 8)
  }

  /// The status of a name as the specification or `name` writes it; nil for anything else.
  public init?(name: String) {
    if let known = Self.all.first(where: { "\($0.name)" == name }) {
      self = known.status
    } else if name.hasPrefix("0x"), let value = UInt32(name.dropFirst(2), radix: 16) {
      self.init(rawValue: value)
    } else {
      return nil
    }
  }
}

extension CommandStatus: CustomStringConvertible {
  public var description: String { name }
}
