using System.Text;
using Hydra;
using Hydra.Storage;

namespace Samples;

/// <summary>Tells on the console what is recorded of an execution, as it is recorded.</summary>
/// <remarks>
/// It reads the journal instead of listening to the workflow: what it prints is durable, and after a crash it tells the
/// earlier steps again without their running again.
/// </remarks>
internal sealed class Story
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly string _title;
    private readonly ExecutionHandle _execution;
    private readonly HashSet<(string Key, int Attempt, long Epoch)> _toldTries = [];
    private long _toldSeq;

    private Story(string title, ExecutionHandle execution)
    {
        _title = title;
        _execution = execution;
    }

    /// <summary>Tells of executions until all have ended.</summary>
    public static async Task TellAsync(
        IEnumerable<(string Title, ExecutionHandle Execution)> executions, CancellationToken cancellationToken)
    {
        var stories = executions.Select(one => new Story(one.Title, one.Execution)).ToList();
        while (stories.Count > 0)
        {
            var lines = new List<(Instant At, string Text)>();
            foreach (var story in stories.ToList())
            {
                var details = await story._execution.DescribeAsync(cancellationToken);
                lines.AddRange(story.News(details));
                if (details.Row.State.IsTerminal())
                {
                    stories.Remove(story);
                }
            }

            foreach (var (at, text) in lines.OrderBy(static line => line.At))
            {
                Console.WriteLine($"  {at.ToDateTimeOffset().ToLocalTime():HH:mm:ss.fff}  {text}");
            }

            await Task.Delay(Interval, cancellationToken);
        }
    }

    private IEnumerable<(Instant At, string Text)> News(ExecutionDetails details)
    {
        foreach (var failed in details.Tries.Where(static one => one.Phase == TryPhase.Failed))
        {
            if (_toldTries.Add((failed.Key, failed.Attempt, failed.Epoch)))
            {
                yield return (
                    failed.EndedAt ?? failed.StartedAt,
                    $"{_title}  {failed.Key}, try {failed.Attempt}: {Message(failed.Failure)} It is tried again.");
            }
        }

        foreach (var entry in details.Journal.Where(entry => entry.Seq > _toldSeq))
        {
            _toldSeq = entry.Seq;
            var text = entry.Kind switch
            {
                EntryKind.Step when entry.Failed => $"{entry.Key} failed: {Message(entry.Output)}",
                EntryKind.Step => $"{entry.Key}: {Text(entry.Output)}",
                EntryKind.Sleep => "slept",
                EntryKind.Cancellation => "cancelled",
                EntryKind.AttemptFailed => $"the attempt failed: {Message(entry.Output)}",
                EntryKind.Terminal when entry.Failed => $"failed: {Message(entry.Output)}",
                _ => null,
            };
            if (text is not null)
            {
                yield return (entry.At, $"{_title}  {text}");
            }
        }
    }

    private static string Text(Payload payload) =>
        payload.Data.IsEmpty ? "done" : Encoding.UTF8.GetString(payload.Data.Span);

    /// <summary>A failure is recorded as data; its message says enough here.</summary>
    private static string Message(Payload failure) => Failure.Read(failure)?.Message ?? "";
}
