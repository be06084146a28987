#include "emulator/faults.hpp"

#include <array>

#include <boost/json/parse.hpp>

#include "base/path_rules.hpp"

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

std::int64_t read_number(std::string_view key, const json::value& value)
{
    boost::system::error_code ec;
    const auto number = value.to_number<std::int64_t>(ec);
    if (ec) refuse(key, "must be a whole number");
    return number;
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
        rule.skip = static_cast<int>(read_number(key, value));
    else if (key == "times")
        rule.times = static_cast<int>(read_number(key, value));
    else if (key == "action")
        rule.action = read_action(value);
    else if (key == "at")
        rule.at = static_cast<std::uint64_t>(read_number(key, value));
    else if (key == "delay_ms" || key == "delay")
        rule.delay = std::chrono::milliseconds(read_number(key, value));
    else if (key == "status")
        rule.status = static_cast<int>(read_number(key, value));
    else if (key == "headers")
        rule.headers = read_headers(value);
    else if (key == "body")
        rule.body = read_text(key, value);
    else if (key == "upload")
        rule.upload = value.is_bool() && value.get_bool();
    else
        refuse(key, "is not known");
}

} // namespace

FaultRule parse_fault_rule(std::string_view text)
{
    boost::system::error_code ec;
    const auto value = json::parse(text, ec);
    if (ec || !value.is_object()) throw Refusal(400, "", "Fault rule: the body must be a JSON object");
    FaultRule rule;
    for (const auto& member : value.get_object())
        read_member(rule, member.key(), member.value());
    if (rule.times == 0 || rule.status < 100 || rule.status > 599)
        throw Refusal(400, "", "Fault rule: \"times\" must not be 0, \"status\" must be 100 to 599");
    return rule;
}

} // namespace hfasync::emulator
