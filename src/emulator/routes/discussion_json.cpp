#include "emulator/routes/discussion_json.hpp"

#include <algorithm>
#include <vector>

#include "base/hash.hpp"
#include "emulator/html_text.hpp"

namespace hfasync::emulator {

namespace {

std::string as_html(std::string_view text)
{
    return "<p>" + escape_html(text) + "</p>\n";
}

} // namespace

std::string avatar_of(std::string_view name)
{
    return "/avatars/" + detail::sha1_hex(name).substr(0, 24) + ".svg";
}

DiscussionJson::DiscussionJson(const Site& site, const store::Repo& repo)
    : site_(site), settings_(repo.settings()), owner_(settings_.id.substr(0, settings_.id.find('/')))
{
}

void DiscussionJson::write_author(JsonText& out, std::string_view key, const std::string& name) const
{
    const Account* const account = site_.store.accounts().find(name);
    if (!account) return;
    const auto& members = account->memberships;
    const bool is_member = std::any_of(members.begin(), members.end(), [&](const auto& membership) {
        return membership.organization == owner_;
    });
    out.key(key).open('{').key("avatarUrl").string(avatar_of(name));
    out.key("fullname").string(account->full_name.empty() ? name : account->full_name);
    out.key("name").string(name).key("type").string(account->is_organization ? "org" : "user");
    out.key("isPro").boolean(account->is_pro).key("isHf").boolean(false).key("isMod").boolean(false);
    out.key("isOwner").boolean(name == owner_).key("isOrgMember").boolean(is_member).close('}');
}

void DiscussionJson::write_head(JsonText& out, const store::Discussion& discussion) const
{
    write_author(out, "author", discussion.author);
    out.key("num").number(static_cast<std::uint64_t>(discussion.num));
    out.key("repo").open('{').key("name").string(settings_.id);
    out.key("type").string(to_string(settings_.type)).close('}');
    out.key("title").string(discussion.title).key("status").string(discussion.status);
    out.key("createdAt").string(format_timestamp(discussion.created_at));
    out.key("isPullRequest").boolean(discussion.is_pull_request).key("pinned").boolean(false);
}

void DiscussionJson::write_row(JsonText& out, const store::Discussion& discussion) const
{
    const Account* const owner = site_.store.accounts().find(owner_);
    const bool joins =
        std::any_of(discussion.events.begin(), discussion.events.end(),
                    [&](const store::DiscussionEvent& event) { return event.author == owner_; });
    out.open('{');
    write_head(out, discussion);
    out.key("numComments").number(discussion.comments()).key("topReactions").open('[').close(']');
    out.key("numReactionUsers").number(0).key("repoOwner").open('{').key("name").string(owner_);
    out.key("isParticipating").boolean(joins);
    out.key("type").string(owner && owner->is_organization ? "org" : "user");
    out.key("isDiscussionAuthor").boolean(discussion.author == owner_).close('}').close('}');
}

void DiscussionJson::open_details(JsonText& out, const store::Discussion& discussion) const
{
    out.open('{');
    write_head(out, discussion);
    out.key("locked").boolean(false).key("collection").string("discussions").key("events").open('[');
    for (const auto& event : discussion.events)
        write_event(out, event);
    out.close(']');
}

void DiscussionJson::write_text(JsonText& out, const store::CommentText& text) const
{
    out.open('{').key("raw").string(text.raw).key("html").string(as_html(text.raw));
    out.key("updatedAt").string(format_timestamp(text.at));
    write_author(out, "author", text.author);
    out.close('}');
}

void DiscussionJson::write_comment(JsonText& out, const store::DiscussionEvent& event) const
{
    const auto& texts = event.texts;
    out.key("edited").boolean(texts.size() > 1).key("hidden").boolean(!event.hidden_by.empty());
    if (!event.hidden_by.empty()) out.key("hiddenBy").string(event.hidden_by);
    out.key("latest");
    write_text(out, texts.back());
    out.key("numEdits").number(texts.size() - 1).key("editors").open('[');
    std::vector<std::string> editors;
    for (const auto& text : texts)
        if (std::find(editors.begin(), editors.end(), text.author) == editors.end())
            out.string(editors.emplace_back(text.author));
    out.close(']').key("editorAvatarUrls").open('[');
    for (const auto& editor : editors)
        out.string(avatar_of(editor));
    out.close(']').key("reactions").open('[').close(']').key("isReport").boolean(false);
    out.key("history").open('[');
    for (std::size_t i = 0; i + 1 < texts.size(); ++i)
        write_text(out, texts[i]);
    out.close(']');
}

void DiscussionJson::write_event(JsonText& out, const store::DiscussionEvent& event) const
{
    out.open('{').key("id").string(event.id);
    write_author(out, "author", event.author);
    out.key("createdAt").string(format_timestamp(event.at)).key("type").string(event.type);
    out.key("data").open('{');
    if (event.type == "comment")
        write_comment(out, event);
    else if (event.type == "status-change")
        out.key("status").string(event.to);
    else if (event.type == "title-change")
        out.key("from").string(event.from).key("to").string(event.to);
    else
        out.key("subject").string(event.to).key("oid").string(event.from);
    out.close('}').close('}');
}

} // namespace hfasync::emulator
