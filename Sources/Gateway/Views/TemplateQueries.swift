import Contract
import Store

extension TemplateView {
  init(_ row: TemplateTable.TemplateRow) {
    self.init(
      templateID: TemplateID(row.id), name: row.name, text: row.text, defaults: row.defaults,
      queueID: row.queue.map { QueueID($0) }, repID: row.rep.map { RepID($0) },
      createdAt: Timestamp(milliseconds: row.created), updatedAt: Timestamp(milliseconds: row.updated))
  }
}

/// `template.list` and `template.render`.
struct TemplateQueries {
  let queries: Queries
  let scope: AccessScope

  private var table: TemplateTable { TemplateTable(queries.database) }

  func list(_ params: TemplateList) throws -> Page<TemplateView> {
    try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.rows(of: "template", since: params.since, after, count, queries)
      },
      item: { place in
        guard let row = try table.template(place.second), try table.isSeen(row, by: scope),
          params.queueID.map({ $0.value == row.queue }) ?? true,
          params.repID.map({ $0.value == row.rep }) ?? true
        else { return nil }
        return TemplateView(row)
      })
  }

  /// The text as `message.send` would fill it in, with the template's defaults.
  func render(_ params: TemplateRender) throws -> TemplateRenderResult {
    guard let row = try table.template(params.templateID.value), try table.isSeen(row, by: scope) else {
      throw APIError.notFound("template", params.templateID)
    }
    let conversation = try queries.visible(params.conversationID, scope)
    let seen = try conversation.contactIDs.filter {
      try ContactTable(queries.database).isSeen(contact: $0.value, by: scope)
    }
    let contact = seen.count == 1 ? try queries.views.contact(seen[0].value) : nil
    let number = try queries.database.int(
      "SELECT number_id FROM conversation WHERE id = ?1", .int(params.conversationID.value))
    let rep = try number.flatMap { try queries.views.number($0)?.repID }
    let values = MergeFields(
      firstName: contact?.firstName, lastName: contact?.lastName,
      repName: try rep.flatMap { try queries.views.rep($0.value)?.name },
      attributes: contact?.attributes ?? [:], defaults: row.defaults)
    do throws(MergeText.MissingField) {
      return TemplateRenderResult(text: try MergeText(row.text).merge(values))
    } catch {
      let who = contact == nil ? "the phone is not one contact's, and so has" : "the contact has"
      throw APIError.refused(
        .missingField, "\(who) no \(error.name), and the template no default for it", field: error.name)
    }
  }
}
