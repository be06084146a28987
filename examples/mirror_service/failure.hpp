// What the service makes of an exception.
#pragma once

#include <exception>
#include <string>

namespace mirror {

struct Failure {
    std::string name, text;
    bool is_final = false; ///< another attempt would end the same way
};

Failure failure_of(const std::exception_ptr& failure);

} // namespace mirror
