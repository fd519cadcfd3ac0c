"""A call that a client offers as a method: written once, answered at once by one client, awaitably by the other."""

from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from runfold.client.transport.call import Call

P = ParamSpec("P")
T = TypeVar("T")


class Blocking:
    """A group of operations whose answers are waited for."""

    def __init__(self, send: Callable[[Call[Any]], Any], project: str) -> None:
        self._send, self._project = send, project

    def answered(self, call: Call[T]) -> T:
        answer: T = self._send(call)
        return answer


class Asynchronous:
    """A group of operations whose answers are awaited."""

    def __init__(self, send: Callable[[Call[Any]], Awaitable[Any]], project: str) -> None:
        self._send, self._project = send, project

    async def answered(self, call: Call[T]) -> T:
        answer: T = await self._send(call)
        return answer


class Operation(Generic[P, T]):
    """Makes the call of the group's project and of the method's arguments, and has it sent."""

    def __init__(self, make: Callable[Concatenate[str, P], Call[T]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, group: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, group: Asynchronous, owner: type) -> Callable[P, Awaitable[T]]: ...
    @overload
    def __get__(self, group: object, owner: type) -> Callable[P, Any]: ...

    def __get__(self, group: Any, owner: type) -> Any:
        def method(*arguments: P.args, **options: P.kwargs) -> Any:
            return group.answered(self._make(group._project, *arguments, **options))

        method.__doc__ = self.__doc__
        return method
