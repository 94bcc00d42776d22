import Contract
import Testing

@testable import Gateway

@Suite(.worlds) struct KeywordTests {
  @Test(arguments: [
    "STOP", "stop", "Stop", "sToP", " stop ", "stop.", "STOP!", "STOP!!!", "\"STOP\"", "'stop'", "“Stop”",
    "«stop»",
    "(stop)", "stop\n", "\tstop\r\n", "ＳＴＯＰ", "stop 🙏", "🛑 STOP 🛑", "stop…", "s\u{200B}top", "STOPALL",
    "Stop all",
    "stop-all", "STOP  ALL", "stop – all", "UNSUBSCRIBE", "Unsubscribe.", "cancel", "END", "end.", "quit",
    "Revoke",
    "OPTOUT", "opt out", "Opt-Out", "OPT  OUT", "opt - out", "remove", "ARRET", "arrete", "Arrêt",
    "arr\u{65}\u{302}t",
    "alto", "PARAR", "baja", "Please opt me out",
    String(repeating: "!", count: 61) + "STOP", "STOP" + String(repeating: "👨‍👩‍👧‍👦", count: 15),
  ])
  func anOptOutIsOneOfTheListWhateverItsDress(text: String) {
    #expect(Keyword.classify(text).keyword == .optOut, "\(text)")
  }

  @Test(arguments: [
    "Stop. Thank you", "STOP PLEASE", "please stop", "Please STOP now!!", "STOP STOP", "stop, stop, STOP ALL",
    "UNSUBSCRIBE ME", "remove me please", "Please opt me out, thanks", "opt-out pls", "Parar por favor",
    "Stop\nThank you", "Stop\n-- \nNora Vance\nAcme Homes", "STOP\n-Nora", "Stop\n\nSent from my iPhone",
    "stop please\nGet Outlook for Android", "Stop\r\nNora Vance",
  ])
  func anOptOutStaysOneWithCourtesyRepetitionOrSignature(text: String) {
    #expect(Keyword.classify(text).keyword == .optOut, "\(text)")
  }

  @Test(arguments: [
    ("START", Keyword.optIn), ("Unstop!", .optIn), ("yes", .optInIfOut), ("YES.", .optInIfOut),
    ("HELP", .help),
    ("Info?", .help), ("ayuda", .help), ("¿AYUDA?", .help),
  ])
  func theOtherWordsAreKnownToo(text: String, keyword: Keyword) {
    #expect(Keyword.classify(text).keyword == keyword)
  }

  @Test(arguments: [
    "", " ", "...", "🛑", "I'll stop by", "stop by", "don't stop", "nonstop",
    "stopped",
    "s t o p", "end of the week", "the end", "yes please", "yes, start", "help me", "restart", "opt in",
    "cancel my visit",
    "stopp", "please", "thank you", "me", "please help", "stop the car", "Stop\nwhat time is it?",
    "Stop\nand go on with this text below it",
  ])
  func aTextThatOnlyHoldsSuchAWordIsNone(text: String) {
    #expect(Keyword.classify(text).keyword == .none, "\(text)")
  }
}
