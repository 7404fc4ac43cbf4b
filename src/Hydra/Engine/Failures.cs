using System.Collections.ObjectModel;

namespace Hydra.Engine;

/// <summary>Turns exceptions into inert failures, bounded in number, depth and size.</summary>
/// <remarks>
/// A few exceptions that wrap each other more than once are a tree without end, so nothing here walks one further than
/// its bounds, or visits an exception twice.
/// </remarks>
internal static class Failures
{
    /// <summary>How many failures are recorded of one exception, its own and those that it wraps.</summary>
    public const int MaxCount = 64;

    /// <summary>How many characters of types, messages and stack traces they have together.</summary>
    public const int MaxText = 65_536;

    /// <summary>How many bytes that is at most as JSON, where a character may take six.</summary>
    public const int MaxBytes = (MaxText * 6) + (MaxCount * 256);

    private const int MaxDepth = 8;
    private const int MaxInner = 16;
    private const int MaxType = 1024;
    private const int MaxMessage = 4096;
    private const int MaxStack = 8192;
    private const string Ellipsis = " ...";

    public static Failure From(Exception exception) => From(exception, 0, new Room());

    /// <summary>Whether an exception says itself, or by what it wraps, that trying again is of no use.</summary>
    public static bool IsNonRetryable(Exception exception) => Within(exception).Any(static one => one
        is NonRetryableException or PayloadException or StepFailedException { Failure.NonRetryable: true });

    /// <summary>
    /// An exception and those that it wraps, each once. A step's failure wraps nothing but what is recorded.
    /// </summary>
    public static IEnumerable<Exception> Within(Exception exception)
    {
        var seen = new HashSet<Exception>(ReferenceEqualityComparer.Instance) { exception };
        var left = new Stack<Exception>(seen);
        while (left.TryPop(out var one))
        {
            yield return one;
            foreach (var inner in InnerOf(one))
            {
                if (seen.Add(inner))
                {
                    left.Push(inner);
                }
            }
        }
    }

    private static ReadOnlyCollection<Exception> InnerOf(Exception exception) => exception switch
    {
        AggregateException aggregate => aggregate.InnerExceptions,
        StepFailedException or { InnerException: null } => [],
        { InnerException: { } inner } => [inner],
    };

    private static Failure From(Exception exception, int depth, Room room)
    {
        room.Count--;
        var type = room.Cut(exception.GetType().FullName ?? exception.GetType().Name, MaxType);
        var message = room.Cut(MessageOf(exception), MaxMessage);
        var stack = TextOf(exception, static e => e.StackTrace);
        stack = stack is null ? null : room.Cut(stack, MaxStack);
        var failures = new List<Failure>();
        if (depth < MaxDepth)
        {
            if (exception is StepFailedException step && room.Count > 0)
            {
                failures.Add(Prune(step.Failure, depth + 1, room));
            }

            failures.AddRange(InnerOf(exception).Take(MaxInner)
                .TakeWhile(_ => room.Count > 0)
                .Select(inner => From(inner, depth + 1, room)));
        }

        return new Failure(type, message, stack, failures.Count == 0 ? null : failures, IsNonRetryable(exception));
    }

    /// <summary>Bounds what was recorded before, since failures of failures of failures add up.</summary>
    private static Failure Prune(Failure failure, int depth, Room room)
    {
        room.Count--;
        return failure with
        {
            Type = room.Cut(failure.Type, MaxType),
            Message = room.Cut(failure.Message, MaxMessage),
            Stack = failure.Stack is { } stack ? room.Cut(stack, MaxStack) : null,
            Inner = depth < MaxDepth
                ? failure.Inner?.TakeWhile(_ => room.Count > 0)
                    .Select(inner => Prune(inner, depth + 1, room))
                    .ToArray()
                : null,
        };
    }

    /// <summary>That of an aggregate joins the messages of all that it wraps, so it is asked for of few only.</summary>
    private static string MessageOf(Exception exception) =>
        exception is AggregateException aggregate && Wraps(aggregate, MaxCount)
            ? $"One or more errors occurred ({aggregate.InnerExceptions.Count} exceptions)."
            : TextOf(exception, static e => e.Message) ?? "";

    /// <summary>Whether as many exceptions as that are wrapped, where each counts as often as it is.</summary>
    private static bool Wraps(AggregateException exception, int many)
    {
        var left = new Stack<Exception>([exception]);
        while (left.TryPop(out var one))
        {
            var inner = InnerOf(one);
            many -= inner.Count;
            if (many <= 0)
            {
                return true;
            }

            foreach (var next in inner)
            {
                left.Push(next);
            }
        }

        return false;
    }

    private static string? TextOf(Exception exception, Func<Exception, string?> property)
    {
        try
        {
            return property(exception);
        }
        catch (Exception e) // A user's own property may throw; the failure must be recorded all the same.
        {
            return $"(it cannot be read: {e.GetType().Name})";
        }
    }

    /// <summary>What may still be recorded.</summary>
    private sealed class Room
    {
        private int _text = MaxText;

        public int Count { get; set; } = MaxCount;

        public string Cut(string text, int length)
        {
            length = Math.Min(length, _text);
            if (text.Length > length)
            {
                length = Math.Max(length - Ellipsis.Length, 0);
                var isPair = length > 0 && char.IsHighSurrogate(text[length - 1]);
                text = text[..(isPair ? length - 1 : length)] + Ellipsis;
            }

            _text = Math.Max(_text - text.Length, 0);
            return text;
        }
    }
}
