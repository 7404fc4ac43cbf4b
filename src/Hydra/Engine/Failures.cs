namespace Hydra.Engine;

/// <summary>Turns exceptions into inert failures, bounded in depth and size.</summary>
internal static class Failures
{
    private const int MaxDepth = 8;
    private const int MaxInner = 16;
    private const int MaxMessage = 4096;
    private const int MaxStack = 8192;

    public static Failure From(Exception exception) => From(exception, 0);

    /// <summary>Whether an exception says itself, or by what it wraps, that trying again is of no use.</summary>
    public static bool IsNonRetryable(Exception exception) => exception switch
    {
        NonRetryableException or PayloadException => true,
        StepFailedException step => step.Failure.NonRetryable,
        AggregateException aggregate => aggregate.InnerExceptions.Any(IsNonRetryable),
        { InnerException: { } inner } => IsNonRetryable(inner),
        _ => false,
    };

    private static Failure From(Exception exception, int depth)
    {
        var inner = exception is AggregateException aggregate ? aggregate.InnerExceptions.ToArray()
            : exception is StepFailedException ? []
            : exception.InnerException is { } one ? [one]
            : Array.Empty<Exception>();
        var failures = new List<Failure>();
        if (depth < MaxDepth)
        {
            if (exception is StepFailedException step)
            {
                failures.Add(Prune(step.Failure, depth + 1));
            }

            failures.AddRange(inner.Take(MaxInner).Select(e => From(e, depth + 1)));
        }

        return new Failure(
            exception.GetType().FullName ?? exception.GetType().Name,
            Cut(TextOf(exception, static e => e.Message) ?? "", MaxMessage),
            TextOf(exception, static e => e.StackTrace) is { } stack ? Cut(stack, MaxStack) : null,
            failures.Count == 0 ? null : failures,
            IsNonRetryable(exception));
    }

    /// <summary>Bounds what was recorded before, since failures of failures of failures add up.</summary>
    private static Failure Prune(Failure failure, int depth) => failure with
    {
        Inner = depth < MaxDepth ? failure.Inner?.Select(inner => Prune(inner, depth + 1)).ToArray() : null,
    };

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

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length] + " ...";
}
