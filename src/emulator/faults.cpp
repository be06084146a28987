#include "emulator/faults.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <boost/json/parse.hpp>

#include "base/path_rules.hpp"
#include "emulator/json_text.hpp"

namespace hfasync::emulator {

namespace json = boost::json;

void FaultScript::add(FaultRule rule)
{
    const std::lock_guard lock(mutex_);
    rules_.push_back(std::move(rule));
    empty_ = false;
}

void FaultScript::clear()
{
    const std::lock_guard lock(mutex_);
    rules_.clear();
    empty_ = true;
}

std::vector<FaultRule> FaultScript::all() const
{
    const std::lock_guard lock(mutex_);
    return {rules_.begin(), rules_.end()};
}

std::optional<FaultRule> FaultScript::take(Origin origin, std::string_view method, std::string_view path)
{
    if (empty_ || path.starts_with(control_prefix)) return std::nullopt;
    const std::lock_guard lock(mutex_);
    for (auto it = rules_.begin(); it != rules_.end(); ++it) {
        if (!it->method.empty() && it->method != method) continue;
        if (!it->origin.empty() && it->origin != to_string(origin)) continue;
        if (!it->path.empty() && !detail::fnmatch(path, it->path)) continue;
        if (it->skip > 0) {
            --it->skip;
            return std::nullopt;
        }
        FaultRule found = *it;
        if (it->times > 0 && --it->times == 0) rules_.erase(it);
        empty_ = rules_.empty();
        return found;
    }
    return std::nullopt;
}

namespace {

constexpr std::array<std::pair<std::string_view, FaultAction>, 15> action_names{{
    {"reset", FaultAction::reset},
    {"close", FaultAction::close},
    {"stall", FaultAction::stall},
    {"drip", FaultAction::drip},
    {"short_body", FaultAction::short_body},
    {"long_body", FaultAction::long_body},
    {"bad_range", FaultAction::bad_range},
    {"ignore_range", FaultAction::ignore_range},
    {"flip_bit", FaultAction::flip_bit},
    {"status", FaultAction::status},
    {"garbage", FaultAction::garbage},
    {"lose_reply", FaultAction::lose_reply},
    {"late_status", FaultAction::late_status},
    {"redirect", FaultAction::redirect},
    {"delay", FaultAction::delay},
}};

[[noreturn]] void refuse(std::string_view key, const std::string& why)
{
    throw Refusal(400, "", "Fault rule: \"" + std::string(key) + "\" " + why);
}

FaultAction read_action(const json::value& value)
{
    if (const auto* text = value.if_string())
        for (const auto& [name, action] : action_names)
            if (name == std::string_view(*text)) return action;
    refuse("action",
           "must be one of reset, close, stall, drip, short_body, long_body, bad_range, ignore_range, "
           "flip_bit, status, garbage, lose_reply, late_status, redirect, delay");
}

std::string read_text(std::string_view key, const json::value& value)
{
    if (!value.is_string()) refuse(key, "must be a text");
    return std::string(value.get_string());
}

/// Not below `least`.
template <class T>
T read_number(std::string_view key, const json::value& value, std::int64_t least = 0)
{
    constexpr auto most = std::numeric_limits<T>::max();
    boost::system::error_code ec;
    const auto number = value.to_number<std::int64_t>(ec);
    if (ec || number < least || std::cmp_greater(number, most))
        refuse(key, "must be a whole number from " + std::to_string(least) + " on");
    return static_cast<T>(number);
}

bool is_upper_case(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}
/// A line break would make another header of it.
bool is_one_line(std::string_view text)
{
    return std::none_of(text.begin(), text.end(),
                        [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

Pairs read_headers(const json::value& value)
{
    Pairs out;
    if (const auto* object = value.if_object()) {
        for (const auto& member : *object)
            out.emplace_back(std::string(member.key()), read_text("headers", member.value()));
        return out;
    }
    const auto* list = value.if_array();
    if (!list) refuse("headers", "must be an object or a list of pairs");
    for (const auto& item : *list) {
        const auto* pair = item.if_array();
        if (!pair || pair->size() != 2) refuse("headers", "must be an object or a list of pairs");
        out.emplace_back(read_text("headers", (*pair)[0]), read_text("headers", (*pair)[1]));
    }
    return out;
}

void read_member(FaultRule& rule, std::string_view key, const json::value& value)
{
    if (key == "method")
        rule.method = read_text(key, value);
    else if (key == "path")
        rule.path = read_text(key, value);
    else if (key == "origin")
        rule.origin = read_text(key, value);
    else if (key == "skip")
        rule.skip = read_number<int>(key, value);
    else if (key == "times")
        rule.times = read_number<int>(key, value, -1);
    else if (key == "action")
        rule.action = read_action(value);
    else if (key == "at")
        rule.at = read_number<std::uint64_t>(key, value);
    else if (key == "delay_ms" || key == "delay")
        rule.delay = std::chrono::milliseconds(read_number<std::int32_t>(key, value));
    else if (key == "status")
        rule.status = read_number<int>(key, value);
    else if (key == "headers")
        rule.headers = read_headers(value);
    else if (key == "body")
        rule.body = read_text(key, value);
    else if (key == "upload" && value.is_bool())
        rule.upload = value.get_bool();
    else if (key == "upload")
        refuse(key, "must be true or false");
    else
        refuse(key,
               "is not known; there are method, path, origin, skip, times, action, at, delay_ms, status, "
               "headers, body, upload");
}

} // namespace

FaultRule parse_fault_rule(std::string_view text)
{
    boost::system::error_code ec;
    const auto value = json::parse(text, ec);
    if (ec || !value.is_object()) throw Refusal(400, "", "Fault rule: the body must be a JSON object");
    if (!value.get_object().contains("action")) refuse("action", "is required");
    FaultRule rule;
    for (const auto& member : value.get_object())
        read_member(rule, member.key(), member.value());
    check_fault_rule(rule);
    return rule;
}

void check_fault_rule(const FaultRule& rule)
{
    // Each of these would be a rule that never matches, or an answer that is none.
    if (!is_upper_case(rule.method)) refuse("method", "must be in upper case: GET, POST ...");
    if (!rule.origin.empty() && rule.origin != "hub" && rule.origin != "storage")
        refuse("origin", "must be hub or storage");
    if (rule.skip < 0) refuse("skip", "must not be negative");
    if (rule.times == 0 || rule.times < -1) refuse("times", "must be 1 or more, or -1 for ever");
    const bool has_status = rule.action == FaultAction::status || rule.action == FaultAction::late_status;
    if (has_status && (rule.status < 200 || rule.status > 599)) refuse("status", "must be 200 to 599");
    if (rule.delay.count() < 0) refuse("delay", "must not be negative");
    for (const auto& [name, text] : rule.headers)
        if (name.empty() || name.find_first_of(": \t") != std::string::npos || !is_one_line(name) ||
            !is_one_line(text))
            refuse("headers", "must be names and texts of one line");
}

std::string fault_rules_json(const std::vector<FaultRule>& rules)
{
    JsonText out;
    out.open('[');
    for (const auto& rule : rules) {
        const auto* action = std::find_if(action_names.begin(), action_names.end(),
                                          [&](const auto& entry) { return entry.second == rule.action; });
        out.open('{').key("method").string(rule.method).key("path").string(rule.path);
        out.key("origin").string(rule.origin).key("action").string(action->first);
        out.key("skip").number(static_cast<std::uint64_t>(rule.skip));
        out.key("times").raw(std::to_string(rule.times)).close('}');
    }
    return out.close(']').take();
}

} // namespace hfasync::emulator
