using Hydra.Engine.Replay;
using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra.Engine.Running;

/// <content>The calls of workflow code.</content>
internal sealed partial class Activation
{
    private RetryPolicy? _stepRetry;
    private ulong? _seed;

    ExecutionId ICallIssuer.ExecutionId => Id;

    string ICallIssuer.WorkflowName => _row.Workflow;

    string? ICallIssuer.Key => _row.Key;

    ScheduledInstant? ICallIssuer.Schedule => ScheduleStarts.ReadOrigin(_journal.Input.Key);

    Instant ICallIssuer.Now => _loop.Time;

    CancellationToken ICallIssuer.CancellationToken => _loop.CancellationToken;

    void ICallIssuer.EnsureOnScheduler() => _loop.EnsureOnScheduler();

    ulong ICallIssuer.Seed => _seed ??= _journal.SeedOf(Id);

    private RetryPolicy StepRetry => _stepRetry ??= _options.StepRetry ?? new RetryPolicy
    {
        Backoff = _row.RetryBackoff,
        MaxBackoff = _row.RetryBackoff > TimeSpan.FromMinutes(5) ? _row.RetryBackoff : TimeSpan.FromMinutes(5),
    };

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
            Check(options);
        }

        var plan = transaction is null ? null : PlanOf(transaction, options?.Timeout);
        if (!MayIssue(withdraw))
        {
            return Task.FromCanceled<TOutput>(withdraw);
        }

        var payload = _shared.Serializer.Write(input, "The input of step", name);
        WarnIfLarge(payload, name);
        var key = _loop.Calls.TakeKey(name, options?.Key);
        _loop.TakeGivenInput(key, _shared.Serializer, ref input, ref payload);
        var call = new StepCall<TInput, TOutput>(
            key,
            input,
            payload,
            body,
            options?.Retry ?? StepRetry,
            plan?.Limit ?? options?.Timeout ?? _options.StepTimeout,
            scoped && (plan is null || _shared.Services is not NoServices), // A transaction may need none.
            _shared.Serializer)
        {
            Name = name,
            AtMostOnce = options?.AtMostOnce == true,
            Transaction = plan,
        };
        RememberTries(call);
        _loop.Issue(call, withdraw);
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
            duration is { } length ? DueAfter(length) : Instant.From(until!.Value));
        _sleeps.Enqueue(call, (call.Due, _sleepOrder++));
        _loop.Issue(call, withdraw);
        return call.Task;
    }

    /// <summary>
    /// When a sleep is over. To what was under way where a fork begins, the time that has passed between its source and
    /// the fork is as if it had not.
    /// </summary>
    private Instant DueAfter(TimeSpan length)
    {
        var due = _loop.Time.Plus(length);
        return _journal.Fork is { } fork && _loop.Time <= fork.At && _row.StartedAt > fork.At
            ? due.Plus(_row.StartedAt.Value.Since(fork.At))
            : due;
    }

    private bool MayIssue(CancellationToken withdraw)
    {
        _loop.EnsureOnScheduler();
        CheckOutstanding(_loop, _shared.Serializer.Limits);
        return !withdraw.IsCancellationRequested;
    }

    /// <summary>Refuses one more call when there are as many as there may be.</summary>
    public static void CheckOutstanding(TurnLoop loop, Limits limits)
    {
        if (loop.Calls.Count >= limits.OutstandingCalls)
        {
            throw new InvalidOperationException(
                $"The execution has {limits.OutstandingCalls} durable calls outstanding, which is the limit. Await "
                + "some of them before making more, or raise Limits.OutstandingCalls.");
        }
    }

    private TransactionPlan PlanOf(TransactionSource source, TimeSpan? timeout)
    {
        var store = _shared.Store.Transactions ?? throw new NotSupportedException(
            $"The engine keeps its executions in a store ({_shared.Store.Capabilities.Name}) that is in no database "
            + "with transactions, so no step can be transactional. Keep them in the database that the step writes to.");
        var longest = _shared.Worker.ClaimTimeout / 2;
        return timeout is null || timeout <= longest
            ? new TransactionPlan(store, source, timeout ?? longest)
            : throw new ArgumentOutOfRangeException(
                nameof(timeout),
                timeout,
                "TransactionOptions.Timeout: a transaction may take at most half the worker's ClaimTimeout, "
                + $"{longest}: its locks must be gone before others take over what a dead process leaves.");
    }

    /// <summary>Refuses options that are not allowed, before a call is made of them.</summary>
    public static void Check(StepOptions options)
    {
        if (options.Key is not null)
        {
            Names.Validate(options.Key, "The key of a step", Limits.MaxNameLength);
        }

        options.Retry?.Validate(nameof(StepOptions.Retry));
        if (options.Timeout is { } timeout)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero, nameof(StepOptions.Timeout));
        }
    }

    /// <summary>
    /// Takes up the count of tries where the last owner, or the last attempt of the execution, left it.
    /// </summary>
    private void RememberTries(StepCall call)
    {
        var before = _journal.TriedBefore(call.Key);
        if (TriedOf(call.Key) is { } tried)
        {
            call.HasLanded = tried.Landed;
            before = Math.Max(before, tried.LastAttempt);
            if (tried.ExecutionAttempt == _journal.Attempt)
            {
                call.RetryAt = tried.RetryAt;
                call.FailedTries = tried.FailedTries;
            }
        }

        call.Attempt = before + 1;
        if (call is { AtMostOnce: true, HasLanded: false })
        {
            RememberBegin(call);
        }
    }

    private TriedStep? TriedOf(string key) => _tried?.GetValueOrDefault(key);

    /// <summary>A failure that is known is told again, also by a later attempt of the execution.</summary>
    private void RememberBegin(StepCall call)
    {
        if (_journal.FailureBefore(call.Key) is { } failed)
        {
            call.Foregone = failed.Output;
        }
        else if (TriedOf(call.Key) is { BegunOnce: true })
        {
            call.Foregone = EngineJson.Write(StepInterruptedException.FailureOf(call.Key));
        }

        _anyForegone |= !call.Foregone.IsNone;
    }
}
