#include <hfasync/emulator/accounts.hpp>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <hfasync/time.hpp>

#include "emulator/users_file.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

namespace {

std::chrono::system_clock::time_point read_time(const UsersFile& file, const json::value& value,
                                                const std::string& where)
{
    const auto time = parse_timestamp(file.text(value, where));
    if (!time) file.refuse(where, "must be a time such as 2024-07-31T17:54:27Z");
    return *time;
}

Paper::Author read_author(const UsersFile& file, const json::value& value, const std::string& where)
{
    Paper::Author author;
    if (!value.is_object()) {
        author.name = file.text(value, where);
        return author;
    }
    for (const auto& member : value.get_object()) {
        if (member.key() == "name")
            author.name = file.text(member.value(), where);
        else if (member.key() == "user")
            author.user = file.text(member.value(), where);
        else
            file.refuse(where + "." + std::string(member.key()), "is not known");
    }
    if (author.name.empty()) file.refuse(where, "has an entry without a name");
    return author;
}

Paper read_paper(const UsersFile& file, const json::value& value, const std::string& where)
{
    if (!value.is_object()) file.refuse(where, "must be an object");
    Paper paper;
    for (const auto& member : value.get_object()) {
        const std::string key(member.key());
        const auto here = where + "." + key;
        const auto& item = member.value();
        if (key == "id")
            paper.id = file.text(item, here);
        else if (key == "title")
            paper.title = file.prose(item, here);
        else if (key == "summary")
            paper.summary = file.prose(item, here);
        else if (key == "source")
            paper.source = file.text(item, here);
        else if (key == "published_at")
            paper.published_at = read_time(file, item, here);
        else if (key == "submitted_at")
            paper.submitted_at = read_time(file, item, here);
        else if (key == "submitted_by")
            paper.submitted_by = file.text(item, here);
        else if (key == "comments")
            paper.comments = file.texts(item, here);
        else if (key == "authors") {
            for (const auto& author : file.list(item, here))
                paper.authors.push_back(read_author(file, author, here));
        } else if (key == "upvotes") {
            json::error_code ec;
            paper.upvotes = item.to_number<std::uint64_t>(ec);
            if (ec) file.refuse(here, "must be a whole number");
        } else
            file.refuse(here, "is not known");
    }
    if (paper.id.empty()) file.refuse(where, "has no id");
    return paper;
}

} // namespace

std::vector<Paper> load_papers(const std::filesystem::path& path)
{
    const UsersFile file(path);
    std::vector<Paper> papers;
    const auto* list = file.root().is_object() ? file.root().get_object().if_contains("papers") : nullptr;
    if (!list) return papers;
    for (const auto& item : file.list(*list, "papers"))
        papers.push_back(read_paper(file, item, "papers[" + std::to_string(papers.size()) + "]"));
    return papers;
}

} // namespace hfasync::emulator
