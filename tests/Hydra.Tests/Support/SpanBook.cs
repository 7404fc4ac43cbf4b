using System.Collections.Concurrent;
using System.Diagnostics;

namespace Hydra.Tests.Support;

/// <summary>Keeps the spans of the engine that have ended. Other tests make some too, so ask by execution.</summary>
internal sealed class SpanBook : IDisposable
{
    private readonly ActivitySource _requests = new("Hydra.Tests.Requests");
    private readonly ActivityListener _listener;
    private readonly ConcurrentQueue<Activity> _ended = new();

    public SpanBook()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Hydra" || source == _requests,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) =>
                ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>Begins a span of the user's own, which is current until it is disposed of.</summary>
    public Activity Request() => _requests.StartActivity("request")!;

    /// <summary>The spans of an execution in the order of their beginnings.</summary>
    public IReadOnlyList<Activity> Of(ExecutionHandle handle) =>
    [
        .. _ended.Where(span => (string?)span.GetTagItem("hydra.execution.id") == handle.Id.ToString())
            .OrderBy(span => span.StartTimeUtc),
    ];

    /// <summary>Everything that spans say, as text.</summary>
    public static string Text(IEnumerable<Activity> spans) => string.Join('\n', spans.Select(span =>
        $"{span.DisplayName} {span.Status} {span.StatusDescription} "
        + string.Join(',', span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}"))
        + string.Join(',', span.Events.SelectMany(one => one.Tags.Select(tag => $"{one.Name} {tag.Value}")))));

    public void Dispose()
    {
        _listener.Dispose();
        _requests.Dispose();
    }
}
