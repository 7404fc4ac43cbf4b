using System.Text;
using Hydra;
using Hydra.Storage;

namespace Onboarding;

/// <summary>Tells on the console what is recorded of an execution, as it is recorded.</summary>
/// <remarks>
/// It reads the journal instead of listening to the workflow: what it prints is durable, and after a crash it tells
/// the earlier steps again without their running again.
/// </remarks>
internal sealed class Progress(ExecutionHandle execution)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private long _toldSeq;
    private Instant _toldSleep;

    /// <summary>Follows the execution to its end.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (!Tell(await execution.DescribeAsync(cancellationToken)))
        {
            await Task.Delay(Interval, cancellationToken);
        }
    }

    private bool Tell(ExecutionDetails details)
    {
        foreach (var entry in details.Journal.Where(entry => entry.Seq > _toldSeq))
        {
            _toldSeq = entry.Seq;
            var line = entry.Kind switch
            {
                EntryKind.Step when entry.Failed => $"{entry.Key} failed: {Failure.Read(entry.Output)?.Message}",
                EntryKind.Step => $"{entry.Key} is recorded, so the mail is sent: {Text(entry.Output)}",
                EntryKind.Sleep => "slept",
                EntryKind.AttemptFailed => $"the attempt failed: {Failure.Read(entry.Output)?.Message}",
                _ => null,
            };
            if (line is not null)
            {
                Say(entry.At, line);
            }
        }

        if (details.Row is { State: ExecutionState.Sleeping, DueAt: var due } && due != _toldSleep)
        {
            _toldSleep = due;
            Say(details.Journal[^1].At, $"sleeping until {due.ToDateTimeOffset().ToLocalTime():yyyy-MM-dd HH:mm:ss}. "
                + "Press Ctrl-C, or kill this process, and run it again.");
        }

        return details.Row.State.IsTerminal();
    }

    private static void Say(Instant at, string text) =>
        Console.WriteLine($"  {at.ToDateTimeOffset().ToLocalTime():HH:mm:ss.fff}  {text}");

    private static string Text(Payload payload) => Encoding.UTF8.GetString(payload.Data.Span);
}
