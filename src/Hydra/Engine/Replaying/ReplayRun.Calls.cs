using Hydra.Engine.Replay;
using Hydra.Engine.Running;
using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Engine.Replaying;

/// <content>The calls of workflow code: they are noted, answered from the record, and lead to nothing.</content>
internal sealed partial class ReplayRun : ICallIssuer
{
    private readonly Lock _gate = new(); // Guards what is noted: a report is made although the code has not come back.
    private readonly Dictionary<string, Call> _issued = new(StringComparer.Ordinal);
    private readonly List<string> _warnings = [];
    private ulong? _seed;

    ExecutionId ICallIssuer.ExecutionId => _dryRun?.Fork?.Id ?? _details.Row.Id;

    string ICallIssuer.WorkflowName => _details.Row.Workflow;

    string? ICallIssuer.Key => _dryRun?.Fork is { } fork ? fork.Key : _details.Row.Key;

    ScheduledInstant? ICallIssuer.Schedule => ScheduleStarts.ReadOrigin(_journal.Input.Key);

    Instant ICallIssuer.Now => _loop.Time;

    ulong ICallIssuer.Seed => _seed ??= _journal.SeedOf(_details.Row.Id);

    CancellationToken ICallIssuer.CancellationToken => _loop.CancellationToken;

    void ICallIssuer.EnsureOnScheduler() => _loop.EnsureOnScheduler();

    Task<TOutput> ICallIssuer.IssueStep<TInput, TOutput>(
        string name,
        TInput input,
        Func<BodyScope, TInput, CancellationToken, Task<TOutput>> body,
        bool scoped,
        StepOptions? options,
        CancellationToken withdraw,
        TransactionSource? transaction)
    {
        Names.Validate(name, "The name of a step", Limits.MaxNameLength);
        if (options is not null)
        {
            Activation.Check(options);
        }

        if (!MayIssue(withdraw))
        {
            return Task.FromCanceled<TOutput>(withdraw);
        }

        var payload = _setup.Serializer.Write(input, "The input of step", name);
        var key = _loop.Calls.TakeKey(name, options?.Key);
        _loop.TakeGivenInput(key, _setup.Serializer, ref input, ref payload);
        var call = new StepCall<TInput, TOutput>(
            key,
            input,
            payload,
            body,
            RetryPolicy.None,
            timeout: null,
            scoped,
            _setup.Serializer);
        Issue(call, withdraw);
        return call.Task;
    }

    Task ICallIssuer.IssueSleep(TimeSpan? duration, DateTimeOffset? until, CancellationToken withdraw)
    {
        if (!MayIssue(withdraw))
        {
            return Task.FromCanceled(withdraw);
        }

        var call = new SleepCall(
            _loop.Calls.TakeKey("sleep", explicitKey: null),
            duration is { } span ? SleepCall.InputFor(span) : SleepCall.InputFor(until!.Value),
            Instant.Never);
        Issue(call, withdraw);
        return call.Task;
    }

    private bool MayIssue(CancellationToken withdraw)
    {
        _loop.EnsureOnScheduler();
        Activation.CheckOutstanding(_loop, _setup.Serializer.Limits);
        return !withdraw.IsCancellationRequested;
    }

    private void Issue(Call call, CancellationToken withdraw)
    {
        _loop.Issue(call, withdraw);
        lock (_gate)
        {
            _issued[call.Key] = call;
        }
    }

    private Call? Issued(string key)
    {
        lock (_gate)
        {
            return _issued.GetValueOrDefault(key);
        }
    }

    private void Warn(string message)
    {
        lock (_gate)
        {
            _warnings.Add(message);
        }
    }

    private static ReplayCall Describe(Call call) =>
        new(call.Kind, call.Key, call.Input, call.Position, call.Ordinal);
}
