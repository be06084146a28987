// The control route: faults and the record of requests, for tests in other processes.
#include "emulator/json_text.hpp"
#include "emulator/router.hpp"

namespace hfasync::emulator {

namespace {

Reply add_fault(Call& call)
{
    call.site.faults.add(parse_fault_rule(call.body));
    return json_reply(R"({"ok":true})");
}

Reply faults(Call& call)
{
    return json_reply(fault_rules_json(call.site.faults.all()));
}

Reply clear_faults(Call& call)
{
    call.site.faults.clear();
    return json_reply(R"({"ok":true})");
}

Reply requests(Call& call)
{
    JsonText out;
    out.open('[');
    for (const auto& seen : call.site.log.all()) {
        out.open('{')
            .key("origin")
            .string(seen.origin)
            .key("method")
            .string(seen.method)
            .key("target")
            .string(seen.target);
        out.key("status")
            .number(static_cast<std::uint64_t>(seen.status))
            .key("body_bytes")
            .number(seen.body_bytes);
        out.key("sent_bytes").number(seen.sent_bytes).key("headers").open('[');
        for (const auto& [name, value] : seen.headers)
            out.open('[').string(name).string(value).close(']');
        out.close(']').close('}');
    }
    return json_reply(out.close(']').take());
}

Reply forget_requests(Call& call)
{
    call.site.log.forget();
    return json_reply(R"({"ok":true})");
}

} // namespace

void add_control_routes(Router& router)
{
    router.add("POST", "/__emulator/faults", {}, add_fault);
    router.add("GET", "/__emulator/faults", {}, faults);
    router.add("DELETE", "/__emulator/faults", {}, clear_faults);
    router.add("GET", "/__emulator/requests", {}, requests);
    router.add("DELETE", "/__emulator/requests", {}, forget_requests);
}

} // namespace hfasync::emulator
