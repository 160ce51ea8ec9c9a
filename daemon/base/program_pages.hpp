// Memory of the program itself.
#pragma once

namespace understudy {

/// Gives back the memory in which code and constants of the program and its libraries were read:
/// after a time of much code that does not run again soon. What is needed again is read again, from
/// the system's memory of the files. Changes nothing where memory is locked.
void forget_program_pages();

}  // namespace understudy
