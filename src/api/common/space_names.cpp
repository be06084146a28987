#include <hfasync/types/space_runtime.hpp>

#include "describe/json.hpp"

namespace hfasync {

namespace {

template <class E>
Open<E> open_value(std::string_view text)
{
    const auto found = detail::find_enum<E>(text);
    return found ? Open<E>(*found) : Open<E>::unknown(text);
}

} // namespace

Open<SpaceHardware> space_hardware(std::string_view text)
{
    return open_value<SpaceHardware>(text);
}

Open<SpaceStorage> space_storage(std::string_view text)
{
    return open_value<SpaceStorage>(text);
}

} // namespace hfasync
