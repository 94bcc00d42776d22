/// Renders the fields of one event, in the order of its structure; the reading twin of ``PackedEvents``.
struct EventFields {
  /// The number of ours the event concerns, packed; 0 for none.
  let number: Int64
  /// Whether an enumeration had a code that is not known here.
  private(set) var isDamaged = false

  init(number: Int64) { self.number = number }

  mutating func messageReceived(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""message_id":"msg_"#)
    out.append(integer: from.integer())
    out.append(text: #"","conversation_id":"conv_"#)
    out.append(integer: from.integer())
    out.append(text: #"","from":""#)
    out.append(address: from.signed())
    out.append(text: #"","to":""#)
    out.append(address: number)
    out.append(text: #"","text":"#)
    out.append(quoted: from.text())
    name(#","encoding":""#, MessageEncoding(code: from.octet()), &out)
    out.append(text: #","segments":"#)
    out.append(integer: from.integer())
    flag(#","complete":"#, from.flag(), &out)
    flag(#","lossy":"#, from.flag(), &out)
    if from.flag() { octets(#","received_octets":{"#, &from, &out) }
    parameters(#","parameters":{"#, &from, &out)
    name(#","keyword_class":""#, KeywordClass(code: from.octet()), &out)
    optional(#","keyword":"#, from.optionalText(), &out)
    out.append(text: #","contact_ids":["#)
    ids("con_", &from, &out)
    let candidates = from.varint()
    if candidates > 0 {
      out.append(text: #","candidate_rep_ids":["#)
      ids("rep_", count: candidates, &from, &out)
    }
    nullable(#","rep_id":"#, "rep_", from.integer(), &out)
    present(#","queue_id":"q_"#, from.integer(), &out)
    nullable(#","campaign_id":"#, "camp_", from.integer(), &out)
    out.append(text: #","carrier":"#)
    out.append(quoted: from.text())
    time(#","received_at":""#, from.signed(), &out)
    out.append(text: #","carrier_redelivery":"#)
    out.append(integer: from.integer())
  }

  mutating func messageStateChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""message_id":"msg_"#)
    out.append(integer: from.integer())
    out.append(text: #"","conversation_id":"conv_"#)
    out.append(integer: from.integer())
    nullable(#"","campaign_id":"#, "camp_", from.integer(), &out)
    nullable(#","rep_id":"#, "rep_", from.integer(), &out)
    out.append(text: #","from":""#)
    out.append(address: number)
    out.append(text: #"","to":""#)
    out.append(address: from.signed())
    name(#"","state":""#, TextMessageState(code: from.octet()), &out)
    flag(#","final":"#, from.flag(), &out)
    out.append(text: #","segments":"#)
    out.append(integer: from.integer())
    let delivered = from.integer()
    if delivered > 0 { integer(#","segments_delivered":"#, delivered, &out) }
    let reason = from.octet()
    if reason != 0 { name(#","reason":""#, Refusal(code: reason), &out) }
    optional(#","error":"#, from.optionalText(), &out)
    optional(#","carrier_state":"#, from.optionalText(), &out)
    optional(#","carrier":"#, from.optionalText(), &out)
    flag(#","inferred":"#, from.flag(), &out)
    time(#","at":""#, from.signed(), &out)
    parameters(#","metadata":{"#, &from, &out)
  }

  mutating func consentChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""phone":""#)
    out.append(address: from.signed())
    name(#"","kind":""#, ConsentKind(code: from.octet()), &out)
    name(#","scope":""#, ConsentScope(code: from.octet()), &out)
    if number != 0 {
      out.append(text: #","number":""#)
      out.append(address: number)
      out.append(UInt8(ascii: "\""))
    }
    name(#","layer":""#, ConsentLayer(code: from.octet()), &out)
    name(#","source":""#, ConsentSource(code: from.octet()), &out)
    optional(#","keyword":"#, from.optionalText(), &out)
    present(#","message_id":"msg_"#, from.integer(), &out)
    optional(#","consent_text":"#, from.optionalText(), &out)
    out.append(text: #","cancelled":"#)
    out.append(integer: from.integer())
    time(#","at":""#, from.signed(), &out)
  }

  mutating func conversationChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""conversation_id":"conv_"#)
    out.append(integer: from.integer())
    out.append(text: #"","number":""#)
    out.append(address: number)
    out.append(text: #"","phone":""#)
    out.append(address: from.signed())
    name(#"","change":""#, ConversationChange(code: from.octet()), &out)
    nullable(#","rep_id":"#, "rep_", from.integer(), &out)
    present(#","queue_id":"q_"#, from.integer(), &out)
    present(#","absent_rep_id":"rep_"#, from.integer(), &out)
    out.append(text: #","contact_ids":["#)
    ids("con_", &from, &out)
    let candidates = from.varint()
    if candidates > 0 {
      out.append(text: #","candidate_rep_ids":["#)
      ids("rep_", count: candidates, &from, &out)
    }
    present(#","last_read_message_id":"msg_"#, from.integer(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func campaignProgress(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""campaign_id":"camp_"#)
    out.append(integer: from.integer())
    out.append(UInt8(ascii: "\""))
    optional(#","name":"#, from.optionalText(), &out)
    let state = from.octet()
    if state != 0 { name(#","state":""#, CampaignState(code: state), &out) }
    let sender = from.signed()
    if sender != 0 {
      out.append(text: #","from":""#)
      if sender == 1 {
        out.append(text: "rep_")
        out.append(integer: from.integer())
      } else {
        out.append(address: sender)
      }
      out.append(UInt8(ascii: "\""))
    }
    optional(#","text":"#, from.optionalText(), &out)
    let segments = from.integer()
    if segments > 0 { integer(#","segments":"#, segments - 1, &out) }
    let copies = from.octet()
    if copies != 0 { flag(#","copy_to_rep":"#, copies == 2, &out) }
    parameters(#","metadata":{"#, &from, &out)
    let expires = from.integer()
    if expires > 0 { time(#","expires_at":""#, expires - 1, &out) }
    integer(#","counts":{"total":"#, from.integer(), &out)
    integer(#","queued":"#, from.integer(), &out)
    integer(#","sending":"#, from.integer(), &out)
    integer(#","sent":"#, from.integer(), &out)
    integer(#","delivered":"#, from.integer(), &out)
    integer(#","failed":"#, from.integer(), &out)
    integer(#","expired":"#, from.integer(), &out)
    integer(#","unknown":"#, from.integer(), &out)
    integer(#","cancelled":"#, from.integer(), &out)
    integer(#","receipt_missing":"#, from.integer(), &out)
    integer(#"},"reply_count":"#, from.integer(), &out)
    integer(#","opt_out_count":"#, from.integer(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func bindStateChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""carrier":"#)
    out.append(quoted: from.text())
    integer(#","session_index":"#, from.integer(), &out)
    name(#","state":""#, BindState(code: from.octet()), &out)
    optional(#","error":"#, from.optionalText(), &out)
    let retry = from.integer()
    if retry > 0 { integer(#","retry_in_ms":"#, retry - 1, &out) }
    time(#","at":""#, from.signed(), &out)
  }

  mutating func numberStateChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""number":""#)
    out.append(address: number)
    name(#"","state":""#, NumberState(code: from.octet()), &out)
    name(#","kind":""#, NumberKind(code: from.octet()), &out)
    integer(#","rate":"#, from.integer(), &out)
    nullable(#","rep_id":"#, "rep_", from.integer(), &out)
    present(#","queue_id":"q_"#, from.integer(), &out)
    flag(#","home":"#, from.flag(), &out)
    out.append(text: #","routes":["#)
    list(from.varint(), &from, &out) { fields, from, out in
      out.append(text: #"{"carrier":"#)
      out.append(quoted: from.text())
      let direction = from.octet()
      if direction != 0 { fields.name(#","direction":""#, RouteDirection(code: direction), &out) }
      let rate = from.integer()
      if rate > 0 { fields.integer(#","rate":"#, rate - 1, &out) }
      let priority = from.integer()
      if priority > 0 { fields.integer(#","priority":"#, priority - 1, &out) }
      out.append(UInt8(ascii: "}"))
    }
    out.append(UInt8(ascii: "]"))
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func messageQueued(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""message_id":"msg_"#)
    out.append(integer: from.integer())
    out.append(text: #"","conversation_id":"conv_"#)
    out.append(integer: from.integer())
    nullable(#"","campaign_id":"#, "camp_", from.integer(), &out)
    nullable(#","rep_id":"#, "rep_", from.integer(), &out)
    present(#","template_id":"tpl_"#, from.integer(), &out)
    out.append(text: #","from":""#)
    out.append(address: number)
    out.append(text: #"","to":""#)
    out.append(address: from.signed())
    name(#"","class":""#, MessageClass(code: from.octet()), &out)
    name(#","encoding":""#, MessageEncoding(code: from.octet()), &out)
    integer(#","segments":"#, from.integer(), &out)
    let notAfter = from.integer()
    if notAfter > 0 { time(#","not_after":""#, notAfter - 1, &out) }
    time(#","created_at":""#, from.signed(), &out)
    _ = from.flag()
    optional(#","text":"#, from.optionalText(), &out)
    parameters(#","metadata":{"#, &from, &out)
  }

  mutating func contactChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""contact_id":"con_"#)
    out.append(integer: from.integer())
    out.append(UInt8(ascii: "\""))
    optional(#","ref":"#, from.optionalText(), &out)
    optional(#","first_name":"#, from.optionalText(), &out)
    optional(#","last_name":"#, from.optionalText(), &out)
    out.append(text: #","phones":["#)
    list(from.varint(), &from, &out) { _, from, out in
      out.append(UInt8(ascii: "\""))
      out.append(address: from.signed())
      out.append(UInt8(ascii: "\""))
    }
    nullable(#"],"rep_id":"#, "rep_", from.integer(), &out)
    out.append(text: #","tags":["#)
    list(from.varint(), &from, &out) { _, from, out in out.append(quoted: from.text()) }
    out.append(text: #"],"attributes":{"#)
    list(from.varint(), &from, &out) { _, from, out in
      out.append(quoted: from.text())
      out.append(UInt8(ascii: ":"))
      out.append(quoted: from.text())
    }
    time(#"},"created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func groupChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""group_id":"grp_"#)
    out.append(integer: from.integer())
    out.append(text: #"","name":"#)
    out.append(quoted: from.text())
    nullable(#","rep_id":"#, "rep_", from.integer(), &out)
    name(#","change":""#, GroupChange(code: from.octet()), &out)
    out.append(text: #","contact_ids":["#)
    ids("con_", &from, &out)
    if let conditions = from.optionalText() {
      out.append(text: #","conditions":"#)
      out.append(conditions)
    }
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func repChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""rep_id":"rep_"#)
    out.append(integer: from.integer())
    out.append(text: #"","name":"#)
    out.append(quoted: from.text())
    flag(#","has_mobile":"#, from.flag(), &out)
    flag(#","has_email":"#, from.flag(), &out)
    name(#","alert_by":""#, AlertBy(code: from.octet()), &out)
    flag(#","active":"#, from.flag(), &out)
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func memberChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""member_id":"mem_"#)
    out.append(integer: from.integer())
    out.append(text: #"","login":"#)
    out.append(quoted: from.text())
    out.append(text: #","name":"#)
    out.append(quoted: from.text())
    out.append(text: #","roles":["#)
    list(from.varint(), &from, &out) { fields, from, out in
      fields.name("\"", MemberRole(code: from.octet()), &out)
    }
    nullable(#"],"rep_id":"#, "rep_", from.integer(), &out)
    flag(#","active":"#, from.flag(), &out)
    flag(#","has_password":"#, from.flag(), &out)
    flag(#","has_second_factor":"#, from.flag(), &out)
    name(#","presence":""#, Presence(code: from.octet()), &out)
    optionalTime(#","invited_until":""#, from.integer(), &out)
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func queueChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""queue_id":"q_"#)
    out.append(integer: from.integer())
    out.append(text: #"","name":"#)
    out.append(quoted: from.text())
    integer(#","answer_within_s":"#, from.integer(), &out)
    integer(#","capacity":"#, from.integer(), &out)
    flag(#","disposition_required":"#, from.flag(), &out)
    out.append(text: #","dispositions":["#)
    list(from.varint(), &from, &out) { _, from, out in
      out.append(text: #"{"disposition":"#)
      out.append(quoted: from.text())
      out.append(text: #","label":"#)
      out.append(quoted: from.text())
      out.append(UInt8(ascii: "}"))
    }
    out.append(text: #"],"member_ids":["#)
    ids("mem_", &from, &out)
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func episodeChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""episode_id":"ep_"#)
    out.append(integer: from.integer())
    out.append(text: #"","conversation_id":"conv_"#)
    out.append(integer: from.integer())
    out.append(text: #"","number":""#)
    out.append(address: number)
    name(#"","change":""#, EpisodeReason(code: from.octet()), &out)
    name(#","state":""#, EpisodeState(code: from.octet()), &out)
    present(#","queue_id":"q_"#, from.integer(), &out)
    present(#","rep_id":"rep_"#, from.integer(), &out)
    present(#","member_id":"mem_"#, from.integer(), &out)
    time(#","since":""#, from.signed(), &out)
    optionalTime(#","due_at":""#, from.integer(), &out)
    time(#","created_at":""#, from.signed(), &out)
    optionalTime(#","completed_at":""#, from.integer(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func dispositionRecorded(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""disposition_id":"disp_"#)
    out.append(integer: from.integer())
    out.append(text: #"","conversation_id":"conv_"#)
    out.append(integer: from.integer())
    out.append(text: #"","number":""#)
    out.append(address: number)
    out.append(text: #"","episode_id":"ep_"#)
    out.append(integer: from.integer())
    out.append(UInt8(ascii: "\""))
    present(#","queue_id":"q_"#, from.integer(), &out)
    present(#","member_id":"mem_"#, from.integer(), &out)
    out.append(text: #","disposition":"#)
    out.append(quoted: from.text())
    out.append(text: #","label":"#)
    out.append(quoted: from.text())
    optional(#","note":"#, from.optionalText(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func templateChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""template_id":"tpl_"#)
    out.append(integer: from.integer())
    out.append(text: #"","name":"#)
    out.append(quoted: from.text())
    out.append(text: #","text":"#)
    out.append(quoted: from.text())
    out.append(text: #","defaults":{"#)
    list(from.varint(), &from, &out) { _, from, out in
      out.append(quoted: from.text())
      out.append(UInt8(ascii: ":"))
      out.append(quoted: from.text())
    }
    out.append(UInt8(ascii: "}"))
    present(#","queue_id":"q_"#, from.integer(), &out)
    present(#","rep_id":"rep_"#, from.integer(), &out)
    flag(#","removed":"#, from.flag(), &out)
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func leadChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""lead_id":"lead_"#)
    out.append(integer: from.integer())
    out.append(text: #"","contact_id":"con_"#)
    out.append(integer: from.integer())
    out.append(text: #"","phone":""#)
    out.append(address: from.signed())
    name(#"","phone_field":""#, LeadPhone(code: from.octet()), &out)
    out.append(text: #","lead_source":"#)
    out.append(quoted: from.text())
    name(#","change":""#, LeadChange(code: from.octet()), &out)
    name(#","state":""#, LeadState(code: from.octet()), &out)
    flag(#","hot":"#, from.flag(), &out)
    present(#","rep_id":"rep_"#, from.integer(), &out)
    present(#","conversation_id":"conv_"#, from.integer(), &out)
    optional(#","note":"#, from.optionalText(), &out)
    time(#","created_at":""#, from.signed(), &out)
    optionalTime(#","assigned_at":""#, from.integer(), &out)
    optionalTime(#","contacted_at":""#, from.integer(), &out)
    optionalTime(#","closed_at":""#, from.integer(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func absenceChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""absence_id":"abs_"#)
    out.append(integer: from.integer())
    out.append(text: #"","rep_id":"rep_"#)
    out.append(integer: from.integer())
    name(#"","change":""#, AbsenceChange(code: from.octet()), &out)
    name(#","state":""#, AbsenceState(code: from.octet()), &out)
    time(#","starts_at":""#, from.signed(), &out)
    optionalTime(#","ends_at":""#, from.integer(), &out)
    present(#","delegate_rep_id":"rep_"#, from.integer(), &out)
    present(#","delegate_queue_id":"q_"#, from.integer(), &out)
    optional(#","reply":"#, from.optionalText(), &out)
    flag(#","by_calendar":"#, from.flag(), &out)
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func calendarChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""rep_id":"rep_"#)
    out.append(integer: from.integer())
    out.append(text: #"","time_zone":"#)
    out.append(quoted: from.text())
    json(#","hours":"#, &from, &out)
    json(#","holidays":"#, &from, &out)
    present(#","delegate_rep_id":"rep_"#, from.integer(), &out)
    present(#","delegate_queue_id":"q_"#, from.integer(), &out)
    optional(#","reply":"#, from.optionalText(), &out)
    flag(#","removed":"#, from.flag(), &out)
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  /// What is packed as JSON.
  private func json(_ key: StaticString, _ from: inout PackedReader, _ out: inout JSONBuffer) {
    guard let json = from.optionalText() else { return }
    out.append(text: key)
    out.append(json)
  }

  mutating func keywordChanged(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""keyword_id":"kw_"#)
    out.append(integer: from.integer())
    out.append(text: #"","keyword":"#)
    out.append(quoted: from.text())
    if number != 0 {
      out.append(text: #","number":""#)
      out.append(address: number)
      out.append(UInt8(ascii: "\""))
    }
    out.append(text: #","consent_text":"#)
    out.append(quoted: from.text())
    optional(#","tag":"#, from.optionalText(), &out)
    optional(#","answer":"#, from.optionalText(), &out)
    flag(#","removed":"#, from.flag(), &out)
    time(#","created_at":""#, from.signed(), &out)
    time(#","at":""#, from.signed(), &out)
  }

  mutating func noteAdded(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""note_id":"note_"#)
    out.append(integer: from.integer())
    out.append(text: #"","conversation_id":"conv_"#)
    out.append(integer: from.integer())
    out.append(text: #"","number":""#)
    out.append(address: number)
    out.append(UInt8(ascii: "\""))
    present(#","member_id":"mem_"#, from.integer(), &out)
    out.append(text: #","text":"#)
    out.append(quoted: from.text())
    time(#","at":""#, from.signed(), &out)
  }

  mutating func alertRaised(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    name(#""alert":""#, AlertCode(code: from.octet()), &out)
    name(#","severity":""#, AlertSeverity(code: from.octet()), &out)
    optional(#","subject":"#, from.optionalText(), &out)
    out.append(text: #","detail":"#)
    out.append(quoted: from.text())
    time(#","at":""#, from.signed(), &out)
  }

  mutating func dataReceived(_ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: #""from":""#)
    out.append(address: from.signed())
    out.append(text: #"","to":""#)
    out.append(address: number)
    out.append(UInt8(ascii: "\""))
    if from.flag() { octets(#","received_octets":{"#, &from, &out) }
    integer(#","segments":"#, from.integer(), &out)
    flag(#","complete":"#, from.flag(), &out)
    out.append(text: #","carrier":"#)
    out.append(quoted: from.text())
    time(#","received_at":""#, from.signed(), &out)
  }

  /// Names with their values, left out where there are none. Each is two octets at least, so damage ends the loop.
  private func parameters(_ key: StaticString, _ from: inout PackedReader, _ out: inout JSONBuffer) {
    var left = from.varint()
    guard left > 0 else { return }
    out.append(text: key)
    while left > 0, !from.isDamaged {
      out.append(quoted: from.text())
      out.append(UInt8(ascii: ":"))
      out.append(quoted: from.text())
      left &-= 1
      if left > 0 { out.append(UInt8(ascii: ",")) }
    }
    out.append(UInt8(ascii: "}"))
  }

  private func octets(_ key: StaticString, _ from: inout PackedReader, _ out: inout JSONBuffer) {
    out.append(text: key)
    integer(#""data_coding":"#, from.integer(), &out)
    out.append(text: #","base64":"#)
    out.append(quoted: from.text())
    let destination = from.integer()
    if destination > 0 { integer(#","destination_port":"#, destination - 1, &out) }
    let source = from.integer()
    if source > 0 { integer(#","source_port":"#, source - 1, &out) }
    out.append(UInt8(ascii: "}"))
  }

  // MARK: Kinds of fields; `key` has everything up to the value, opening quotes included

  @inline(__always)
  private mutating func name(_ key: StaticString, _ word: (some PackedCode)?, _ out: inout JSONBuffer) {
    guard let word else {
      isDamaged = true
      return
    }
    out.append(text: key)
    out.append(plain: word.rawValue)
    out.append(UInt8(ascii: "\""))
  }

  @inline(__always)
  private func flag(_ key: StaticString, _ value: Bool, _ out: inout JSONBuffer) {
    out.append(text: key)
    out.append(text: value ? "true" : "false")
  }

  @inline(__always)
  private func integer(_ key: StaticString, _ value: Int64, _ out: inout JSONBuffer) {
    out.append(text: key)
    out.append(integer: value)
  }

  private func optional(_ key: StaticString, _ text: UnsafeRawBufferPointer?, _ out: inout JSONBuffer) {
    guard let text else { return }
    out.append(text: key)
    out.append(quoted: text)
  }

  /// An id that is `null` when absent.
  private func nullable(
    _ key: StaticString, _ prefix: StaticString, _ id: Int64, _ out: inout JSONBuffer
  ) {
    out.append(text: key)
    guard id != 0 else {
      out.append(text: "null")
      return
    }
    out.append(UInt8(ascii: "\""))
    out.append(text: prefix)
    out.append(integer: id)
    out.append(UInt8(ascii: "\""))
  }

  /// An id that is left out when absent.
  private func present(_ key: StaticString, _ id: Int64, _ out: inout JSONBuffer) {
    guard id != 0 else { return }
    out.append(text: key)
    out.append(integer: id)
    out.append(UInt8(ascii: "\""))
  }

  private func optionalTime(_ key: StaticString, _ next: Int64, _ out: inout JSONBuffer) {
    if next > 0 { time(key, next - 1, &out) }
  }

  private func time(_ key: StaticString, _ milliseconds: Int64, _ out: inout JSONBuffer) {
    out.append(text: key)
    out.append(Timestamp(milliseconds: milliseconds))
    out.append(UInt8(ascii: "\""))
  }

  /// The items of a list, with commas between them. Each is at least an octet, so damage ends the loop.
  private mutating func list(
    _ count: UInt64, _ from: inout PackedReader, _ out: inout JSONBuffer,
    _ item: (inout EventFields, inout PackedReader, inout JSONBuffer) -> Void
  ) {
    var left = count
    while left > 0, !from.isDamaged {
      item(&self, &from, &out)
      left &-= 1
      if left > 0 { out.append(UInt8(ascii: ",")) }
    }
  }

  private func ids(_ prefix: StaticString, _ from: inout PackedReader, _ out: inout JSONBuffer) {
    ids(prefix, count: from.varint(), &from, &out)
  }

  /// The rest of an array of ids, with its closing bracket. Each id is at least an octet, so damage ends the loop.
  private func ids(
    _ prefix: StaticString, count: UInt64, _ from: inout PackedReader, _ out: inout JSONBuffer
  ) {
    var left = count
    while left > 0, !from.isDamaged {
      out.append(UInt8(ascii: "\""))
      out.append(text: prefix)
      out.append(integer: from.integer())
      out.append(UInt8(ascii: "\""))
      left &-= 1
      if left > 0 { out.append(UInt8(ascii: ",")) }
    }
    out.append(UInt8(ascii: "]"))
  }
}
