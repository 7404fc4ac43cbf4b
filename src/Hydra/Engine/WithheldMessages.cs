using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Hydra.Engine;

/// <summary>
/// Keeps messages out of the log of exceptions that code of users may have thrown: they may hold anything.
/// </summary>
/// <remarks>
/// An exception is marked where such code is called, and goes on as it is. Whatever wraps it may be logged with what it
/// says itself; of the marked one, and of all that it wraps, the log has the types and where they were thrown.
/// </remarks>
internal static class WithheldMessages
{
    private const int MostInner = 8;

    private static readonly ConditionalWeakTable<Exception, object> Marked = [];

    /// <summary>Marks an exception.</summary>
    /// <returns>False, so that a filter may do it, and the exception passes by.</returns>
    public static bool Withhold(Exception exception)
    {
        Marked.AddOrUpdate(exception, Marked);
        return false;
    }

    /// <summary>The same, for an expression that throws it.</summary>
    public static T Withheld<T>(T exception) where T : Exception
    {
        Withhold(exception);
        return exception;
    }

    /// <summary>What is logged of an exception.</summary>
    public static Exception? Loggable(Exception? exception) =>
        exception is not null && Failures.Within(exception).Any(IsMarked)
            ? new Told(exception, isWithheld: false, MostInner)
            : exception;

    /// <summary>The type of an exception and where it was thrown, as a text.</summary>
    public static string Describe(Exception exception) => $"{TypeOf(exception)}\n{StackOf(exception)}".TrimEnd();

    private static bool IsMarked(Exception exception) => Marked.TryGetValue(exception, out _);

    private static string TypeOf(Exception exception) => exception.GetType().FullName ?? exception.GetType().Name;

    /// <summary>The frames alone: a type may put anything else into its own text.</summary>
    private static string StackOf(Exception exception) =>
        new StackTrace(exception, fNeedFileInfo: true).ToString().TrimEnd();

    private sealed class Told(Exception exception, bool isWithheld, int left) : Exception(
        isWithheld || IsMarked(exception)
            ? $"{TypeOf(exception)}, whose message is not logged: code of the application has thrown it"
            : $"{TypeOf(exception)}: {exception.Message}",
        exception.InnerException is { } inner && left > 0
            ? new Told(inner, isWithheld || IsMarked(exception), left - 1)
            : null)
    {
        private readonly string _stack = StackOf(exception);

        public override string StackTrace => _stack;

        public override string ToString() => InnerException is null
            ? $"{Message}\n{_stack}"
            : $"{Message}\n ---> {InnerException}\n   --- End of inner exception stack trace ---\n{_stack}";
    }
}
