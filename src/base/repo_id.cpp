#include <hfasync/repo_id.hpp>

#include <algorithm>

#include <hfasync/error.hpp>

#include "base/encoding.hpp"

namespace hfasync {
namespace {

constexpr std::size_t longest_name = 96;

// ASCII only: the reference's \w also lets other letters and a final line feed pass.
constexpr bool is_word(char c) noexcept
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_good_part(std::string_view part) noexcept
{
    return !part.empty() && part.size() <= longest_name && is_word(part.front()) && is_word(part.back()) &&
           std::all_of(part.begin(), part.end(), [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

[[noreturn]] void refuse(std::string why, std::string_view repo_id, std::string_view hint = {})
{
    ErrorContext context;
    context.hint = hint;
    throw HFValidationError(errc::validation,
                            std::move(why) + ": '" + detail::printable(repo_id.substr(0, 300)) + "'",
                            std::move(context));
}

} // namespace

std::string_view to_string(RepoType type) noexcept
{
    switch (type) {
    case RepoType::dataset:
        return "dataset";
    case RepoType::space:
        return "space";
    case RepoType::model:
        break;
    }
    return "model";
}

std::string_view plural(RepoType type) noexcept
{
    switch (type) {
    case RepoType::dataset:
        return "datasets";
    case RepoType::space:
        return "spaces";
    case RepoType::model:
        break;
    }
    return "models";
}

std::string_view url_prefix(RepoType type) noexcept
{
    switch (type) {
    case RepoType::dataset:
        return "datasets/";
    case RepoType::space:
        return "spaces/";
    case RepoType::model:
        break;
    }
    return "";
}

RepoType parse_repo_type(std::string_view text)
{
    for (RepoType type : {RepoType::model, RepoType::dataset, RepoType::space})
        if (text == to_string(type)) return type;
    ErrorContext context;
    context.hint = "It must be one of: model, dataset, space";
    throw ValueError("Invalid repo type: '" + detail::printable(text.substr(0, 100)) + "'",
                     std::move(context));
}

RepoIdParts split_repo_id(std::string_view repo_id)
{
    const auto slash = repo_id.find('/');
    if (slash == std::string_view::npos) return {{}, repo_id};
    return {repo_id.substr(0, slash), repo_id.substr(slash + 1)};
}

void validate_repo_id(std::string_view repo_id)
{
    if (std::count(repo_id.begin(), repo_id.end(), '/') > 1)
        refuse("Repo id must be in the form 'repo_name' or 'namespace/repo_name'", repo_id,
               "Use the repo_type argument if needed");
    const auto [owner, name] = split_repo_id(repo_id);
    const bool has_owner = repo_id.find('/') != std::string_view::npos;
    if (!is_good_part(name) || (has_owner && !is_good_part(owner)))
        refuse("Repo id must use alphanumeric chars or '-', '_', '.', '--' and '..' are forbidden, '-' and "
               "'.' cannot "
               "start or end the name, max length is 96",
               repo_id);
    if (repo_id.find("--") != std::string_view::npos || repo_id.find("..") != std::string_view::npos)
        refuse("Cannot have -- or .. in repo_id", repo_id);
    if (repo_id.ends_with(".git")) refuse("Repo_id cannot end by '.git'", repo_id);
}

} // namespace hfasync
