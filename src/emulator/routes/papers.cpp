// list_papers, paper_info.
#include <algorithm>

#include <hfasync/time.hpp>

#include "emulator/routes/account.hpp"

namespace hfasync::emulator {

namespace {

std::string timestamp(std::chrono::system_clock::time_point time)
{
    return format_timestamp(std::chrono::time_point_cast<std::chrono::microseconds>(time));
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

/// Every word stands in the title, the summary, the id or a name, whatever its case.
bool matches(const Paper& paper, std::string_view query)
{
    auto text = lower(paper.id + "\n" + paper.title + "\n" + paper.summary);
    for (const auto& author : paper.authors)
        text.append("\n").append(lower(author.name));
    auto rest = lower(query);
    for (std::size_t at = 0; (at = rest.find_first_not_of(" \t\r\n", at)) != std::string::npos;) {
        const auto end = std::min(rest.find_first_of(" \t\r\n", at), rest.size());
        if (text.find(std::string_view(rest).substr(at, end - at)) == std::string::npos) return false;
        at = end;
    }
    return true;
}

void write_authors(JsonText& out, const Call& call, const Paper& paper)
{
    out.key("authors").open('[');
    for (const auto& author : paper.authors) {
        out.open('{').key("_id").string(object_id(paper.id + "/" + author.name));
        if (const auto* account = call.site.store.accounts().find(author.user)) {
            out.key("user").open('{');
            write_user(out, *account, nullptr);
            out.close('}').key("status").string("claimed_verified");
        }
        out.key("name").string(author.name).key("hidden").boolean(false).close('}');
    }
    out.close(']');
}

/// What both answers have, between the caller's braces.
void write_paper(JsonText& out, const Call& call, const Paper& paper)
{
    out.key("id").string(paper.id);
    write_authors(out, call, paper);
    out.key("publishedAt").string(timestamp(paper.published_at)).key("title").string(paper.title);
    out.key("summary").string(paper.summary).key("upvotes").number(paper.upvotes);
    out.key("discussionId").string(object_id("discussion of " + paper.id));
    if (!paper.source.empty()) out.key("source").string(paper.source);
}

std::chrono::system_clock::time_point day_of(const Paper& paper)
{
    return paper.submitted_at.value_or(paper.published_at);
}

void write_found(JsonText& out, const Call& call, const Paper& paper)
{
    out.open('{').key("paper").open('{');
    write_paper(out, call, paper);
    out.close('}').key("publishedAt").string(timestamp(day_of(paper))).key("title").string(paper.title);
    out.key("numComments").number(paper.comments.size());
    if (const auto* user = call.site.store.accounts().find(paper.submitted_by)) {
        // Here the Hub names the user "name", elsewhere "user".
        out.key("submittedBy").open('{').key("_id").string(object_id(user->name));
        out.key("avatarUrl").string(avatar(user->name)).key("fullname").string(full_name(*user));
        out.key("name").string(user->name).key("type").string("user").key("isPro").boolean(user->is_pro);
        out.key("isHf").boolean(false).key("isMod").boolean(false).close('}');
    }
    out.close('}');
}

/// Without words: all, the day's first.
Reply search(Call& call)
{
    const std::string query(call.request.query_value("q").value_or(""));
    std::vector<const Paper*> found;
    for (const auto& paper : call.site.options.papers)
        if (matches(paper, query)) found.push_back(&paper);
    std::sort(found.begin(), found.end(), [](const Paper* a, const Paper* b) {
        return day_of(*a) != day_of(*b) ? day_of(*a) > day_of(*b) : a->id < b->id;
    });
    JsonText out;
    out.open('[');
    for (const auto* paper : found)
        write_found(out, call, *paper);
    return json_reply(out.close(']').take());
}

Reply paper_info(Call& call)
{
    const auto& papers = call.site.options.papers;
    const auto& id = call.param("paper");
    const auto paper = std::find_if(papers.begin(), papers.end(), [&](const Paper& p) { return p.id == id; });
    if (paper == papers.end()) throw Refusal(404, "", "Paper not found");
    JsonText out;
    out.open('{');
    write_paper(out, call, *paper);
    if (paper->submitted_at) out.key("submittedOnDailyAt").string(timestamp(*paper->submitted_at));
    if (const auto* user = call.site.store.accounts().find(paper->submitted_by)) {
        out.key("submittedOnDailyBy").open('{');
        write_user(out, *user, nullptr);
        out.close('}');
    }
    out.key("comments").open('[');
    for (std::size_t i = 0; i < paper->comments.size(); ++i) {
        out.open('{').key("id").string(object_id(paper->id + "#" + std::to_string(i)));
        out.key("content").string(paper->comments[i]).close('}');
    }
    return json_reply(out.close(']').close('}').take());
}

} // namespace

void add_paper_routes(Router& router)
{
    router.add("GET", "/api/papers/search", {"q"}, search);
    router.add("GET", "/api/papers/{paper...}", {}, paper_info); // old ids have a slash
}

} // namespace hfasync::emulator
