import Carriers
import SMPP
import Testing

@Suite("Profiles and refusals") struct ProfileTests {
  @Test(arguments: [
    (CommandStatus.ESME_RTHROTTLED, ErrorClass.pace), (.ESME_RMSGQFUL, .pace),
    (.ESME_RSYSERR, .temporary), (.ESME_RX_T_APPN, .temporary), (.ESME_RUNKNOWNERR, .temporary),
    (.ESME_RSUBMITFAIL, .temporary),
    (.ESME_RINVBNDSTS, .session), (.ESME_RALYBND, .session), (.ESME_RBINDFAIL, .session),
    (.ESME_RINVPASWD, .credentials), (.ESME_RINVSYSID, .credentials),
    (.ESME_RINVMSGLEN, .permanentMessage), (.ESME_RINVDSTADR, .permanentMessage),
    (.ESME_RINVSERTYP, .permanentMessage), (.ESME_RINVESMCLASS, .permanentMessage),
    (.ESME_RINVDSTTON, .permanentMessage), (.ESME_RINVDSTNPI, .permanentMessage),
    (.ESME_RINVSCHED, .permanentMessage), (.ESME_RINVEXPIRY, .permanentMessage),
    (.ESME_RINVOPTPARSTREAM, .permanentMessage), (.ESME_ROPTPARNOTALLWD, .permanentMessage),
    (.ESME_RINVPARLEN, .permanentMessage), (.ESME_RMISSINGOPTPARAM, .permanentMessage),
    (.ESME_RINVOPTPARAMVAL, .permanentMessage), (.ESME_RX_P_APPN, .permanentMessage),
    (.ESME_RX_R_APPN, .permanentMessage), (.ESME_RDELIVERYFAILURE, .permanentMessage),
    (.ESME_RINVSRCADR, .permanentNumber), (.ESME_RINVSRCTON, .permanentNumber),
    (.ESME_RINVSRCNPI, .permanentNumber), (.ESME_RINVSYSTYP, .permanentNumber),
    (.ESME_RINVCMDLEN, .ourBug), (.ESME_RINVCMDID, .ourBug), (.ESME_RINVPRTFLG, .ourBug),
    (.ESME_RINVREGDLVFLG, .ourBug), (.ESME_RINVSUBREP, .ourBug), (.ESME_RINVREPFLAG, .ourBug),
    (.ESME_RINVNUMMSGS, .ourBug),
    (CommandStatus(rawValue: 0x400), .permanentMessage),
    (CommandStatus(rawValue: 0xFFFF_FFFF), .permanentMessage),
  ])
  func `every refusal has a class`(status: CommandStatus, errorClass: ErrorClass) {
    #expect(ErrorClass.of(status) == errorClass)
    #expect(ErrorClass.of(status, CarrierProfile()) == errorClass)
  }

  @Test func `success has no class`() {
    #expect(ErrorClass.of(.ESME_ROK) == nil)
    var profile = CarrierProfile()
    profile.statusRules = [StatusRule(0...0xFFFF_FFFF, .temporary)]
    #expect(ErrorClass.of(.ESME_ROK, profile) == nil)
  }

  @Test func `a carrier's own rules come first, the first that fits`() {
    var profile = CarrierProfile()
    profile.statusRules = [
      StatusRule(CommandStatus(rawValue: 0x412), .permanentNumber), StatusRule(0x400...0x4FF, .temporary),
      StatusRule(.ESME_RSYSERR, .pace),
    ]
    #expect(ErrorClass.of(CommandStatus(rawValue: 0x412), profile) == .permanentNumber)
    #expect(ErrorClass.of(CommandStatus(rawValue: 0x413), profile) == .temporary)
    #expect(ErrorClass.of(.ESME_RSYSERR, profile) == .pace)
    #expect(ErrorClass.of(.ESME_RTHROTTLED, profile) == .pace)
  }

  @Test func `only what is temporary is sent again, ESME_RSUBMITFAIL once`() {
    let profile = CarrierProfile()
    #expect(ErrorClass.retryLimit(of: .ESME_RSYSERR, profile) == nil)
    #expect(ErrorClass.retryLimit(of: .ESME_RSUBMITFAIL, profile) == 1)
    #expect(ErrorClass.retryLimit(of: .ESME_RTHROTTLED, profile) == nil)
    #expect(ErrorClass.retryLimit(of: .ESME_RALYBND, profile) == nil)
    #expect(ErrorClass.retryLimit(of: .ESME_RINVDSTADR, profile) == 0)
    #expect(ErrorClass.retryLimit(of: .ESME_RINVSRCADR, profile) == 0)
  }

  @Test func `the defaults are those that work with most carriers`() {
    let profile = CarrierProfile()
    #expect(profile.window == 10)
    #expect(profile.enquireLinkAfter == .seconds(30))
    #expect(profile.enquireLinkAnswerWithin == .seconds(10))
    #expect(profile.responseTimeout == .seconds(30))
    #expect(profile.closeAfterUnanswered == .seconds(60))
    #expect(profile.bindTimeout == .seconds(10))
    #expect(profile.inactivityTimeout == .seconds(300))
    #expect(profile.jitterGuard == .milliseconds(15))
    #expect(profile.registeredDelivery == 1)
    #expect(profile.receipts.id == .auto)
    #expect(!profile.receipts.recognisedByText)
  }

  @Test func `a profile's texts are cut as it says`() throws {
    var profile = CarrierProfile()
    profile.longMessages = .sar
    profile.defaultAlphabet = .latin1
    let plan = try #require(profile.segmenter.plan(String(repeating: "é", count: 200)))
    #expect(plan.encoding == .latin1)
    #expect(plan.dataCoding == 0)
    #expect(plan.segment(0, reference: 1).sar?.total == 2)
  }

  @Test func `the configuration's spellings are fixed`() {
    #expect(DefaultAlphabet.allCases.map(\.rawValue) == ["gsm7", "gsm7_packed", "ascii", "latin1"])
    #expect(LongMessages.allCases.map(\.rawValue) == ["udh", "udh16", "sar", "payload"])
    #expect(
      ReceiptIDStyle.allCases.map(\.rawValue) == [
        "auto", "decimal", "hexadecimal", "hex_to_decimal", "decimal_to_hex", "exact",
      ])
    #expect(UserMessageReference.allCases.map(\.rawValue) == ["off", "sent", "echoed"])
  }
}
