using System.Text;
using Hydra.Engine;
using Hydra.Engine.Observing;
using Hydra.Engine.Replay;
using Hydra.Engine.Replaying;
using Hydra.Engine.Scheduling;
using Hydra.Storage;

namespace Hydra;

/// <content>New executions that are made of others.</content>
internal sealed partial class HydraClient
{
    private static readonly ForkOptions PlainFork = new();

    public Task<ExecutionId> RerunAsync(ExecutionId id, string? key, CancellationToken cancellationToken) =>
        Enter(async () =>
        {
            ValidateKey(key);
            var row = await FindAsync(id, cancellationToken);
            var journal = await store.Queries.ReadJournalAsync(id, -1, 1, cancellationToken);
            if (journal is not [{ Kind: EntryKind.Input } recorded])
            {
                await FindAsync(id, cancellationToken); // It may have been deleted in between.
                throw new ArgumentException($"The input of execution {id} is not there: its journal is damaged.");
            }

            codec.EnsureDecoded(id, journal);
            var start = WithSubject(StartLike(row, key, recorded, recorded.Input), recorded.Subject);
            return await SubmitAsync(
                start with { Input = start.Input with { Key = KeyLike(recorded) }, Origin = Origin.OfRerun(id) },
                cancellationToken);
        });

    public Task<ExecutionId> ForkAsync(
        ExecutionId id, string step, ForkOptions? options, CancellationToken cancellationToken)
    {
        var wish = Wish(step, options);
        return Enter(async () =>
        {
            var source = await DescribeCoreAsync(id, cancellationToken);
            var start = Plan(source, wish);
            if (RowCodec.IsEncoded(start))
            {
                codec.EnsureDecoded(id, source.Journal); // Says why it cannot be.
            }

            return await SubmitAsync(start, cancellationToken);
        });
    }

    /// <summary>Replays what a fork would begin with, and goes on as it would; nothing is made.</summary>
    public Task<ReplayReport> DryForkAsync(
        ExecutionId id, string step, ForkOptions? options, CancellationToken cancellationToken)
    {
        var wish = Wish(step, options);
        return Enter(async () => await DryForkAsync(
            await DescribeCoreAsync(id, cancellationToken), wish, new ReplayOptions(), cancellationToken));
    }

    /// <summary>The same of what somebody else has read.</summary>
    public Task<ReplayReport> DryForkAsync(
        ExecutionDetails source,
        string step,
        ForkOptions options,
        ReplayOptions replay,
        CancellationToken cancellationToken)
    {
        var wish = Wish(step, options);
        return Enter(() => DryForkAsync(source, wish, replay, cancellationToken));
    }

    public Task<Origin?> OriginAsync(ExecutionId id, CancellationToken cancellationToken) => Enter(async () =>
    {
        await FindAsync(id, cancellationToken);
        return await store.Queries.FindOriginAsync(id, cancellationToken);
    });

    private Task<ReplayReport> DryForkAsync(
        ExecutionDetails source, ForkWish wish, ReplayOptions replay, CancellationToken cancellationToken) =>
        ReplayRun.RunAsync(
            Setup,
            source,
            replay,
            cancellationToken,
            (decoded, recorded) => DryRun.OfFork(recorded, Plan(decoded, wish), wish.Step));

    /// <summary>What is asked of a fork, its values serialized.</summary>
    private sealed record ForkWish(
        string Step, string? Key, Payload? WorkflowInput, Payload StepInput, Payload? StepOutput);

    private ForkWish Wish(string step, ForkOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(step);
        options ??= PlainFork;
        options.Validate();
        ValidateKey(options.Key);
        return new ForkWish(
            step,
            options.Key,
            options.WorkflowInput?.Invoke(serializer),
            options.StepInput?.Invoke(serializer) ?? default,
            options.StepOutput?.Invoke(serializer));
    }

    /// <summary>The start of a fork.</summary>
    /// <exception cref="ArgumentException">The source cannot be forked there; the message says why.</exception>
    private StartOperation Plan(ExecutionDetails source, ForkWish wish)
    {
        var id = source.Row.Id;
        var plan = ForkPlan.Make(source, wish.Step, wish.StepInput, wish.StepOutput);
        CheckSize(id, plan.Prefix);
        var edits = (wish.WorkflowInput is null ? ForkEdits.None : ForkEdits.WorkflowInput)
            | (wish.StepInput.IsNone ? ForkEdits.None : ForkEdits.StepInput)
            | (wish.StepOutput is null ? ForkEdits.None : ForkEdits.StepOutput);
        var recorded = source.Journal[0];
        var start = StartLike(source.Row, wish.Key, recorded, wish.WorkflowInput ?? recorded.Input);
        start = WithSubject(start, recorded.Subject);
        start = plan.Prefix.Any(static entry => entry.Kind == EntryKind.Timeout) ? start.WithTimeout(null) : start;
        return start with
        {
            InputHash = HashOf(start, id, wish),
            Input = start.Input with { Key = KeyLike(recorded), Output = SeedOf(id, recorded) },
            Origin = Origin.OfFork(id, wish.Step, plan.Seq, edits),
            Prefix = plan.Prefix,
        };
    }

    private static void ValidateKey(string? key)
    {
        if (key is not null)
        {
            Names.ValidateKey(key, "The key of an execution");
        }
    }

    private static void CheckSize(ExecutionId id, IReadOnlyList<JournalEntry> prefix)
    {
        var bytes = prefix.Sum(static entry => (long)entry.Size);
        if (bytes > Limits.MaxForkBytes)
        {
            throw new ArgumentException(
                $"The fork would begin with {bytes:N0} bytes of what execution {id} has recorded before that step, and "
                + $"at most {Limits.MaxForkBytes:N0} are written at once. Fork from an earlier step.");
        }
    }

    /// <summary>With the same key only the same fork is a repetition.</summary>
    private static string HashOf(StartOperation start, ExecutionId id, ForkWish wish) =>
        Payload.ComputeHashText(Encoding.UTF8.GetBytes(
            $"{start.InputHash} fork {id} {wish.Step} {wish.StepInput.HashText} "
            + $"{wish.StepOutput?.HashText ?? "runs"}"));

    /// <summary>Numbers that the code draws come out as they did.</summary>
    private static Payload SeedOf(ExecutionId id, JournalEntry input) => input.Output.IsNone
        ? Payload.Create(id.ToByteArray(), "application/octet-stream")
        : input.Output;

    /// <summary>
    /// A start of the same workflow in the same way. Without a key it is of the same shard, so that what belongs
    /// together lies together.
    /// </summary>
    private StartOperation StartLike(ExecutionRow row, string? key, JournalEntry recorded, Payload input)
    {
        var start = new StartOperation
        {
            Id = ExecutionId.Create(
                runtime.Time.GetUtcNow().ToUnixTimeMilliseconds(),
                new UInt128(runtime.NextRandom(), runtime.NextRandom()),
                key is null ? row.Id.Shard : ExecutionId.ShardOf(Namespace, key)),
            Workflow = row.Workflow,
            Aliases = key is null ? [] : registry.NamesOf(row.Workflow),
            Key = key,
            InputHash = input.HashText,
            Input = new JournalEntry { Seq = 0, Kind = EntryKind.Input, Input = input, At = clock.Now, Epoch = 0 },
            Priority = row.Priority,
            MaxAttempts = row.MaxAttempts,
            RetryBackoff = row.RetryBackoff,
        };

        // Versions before kept no timeout, and what they started at once was due when it was made.
        return start.WithTimeout(
            row.Deadline is { } deadline ? recorded.Timeout ?? deadline.Since(row.CreatedAt) : null);
    }

    /// <summary>The instant of the schedule goes with it; the trace is the caller's.</summary>
    private static string KeyLike(JournalEntry recorded) =>
        ScheduleStarts.ReadOrigin(recorded.Key) is null ? TraceContext.Capture() : recorded.Key;

    private async Task<ExecutionId> SubmitAsync(StartOperation start, CancellationToken cancellationToken)
    {
        await pipeline.ReserveAsync(cancellationToken);
        var pending = new PendingStart(start, pipeline, worker, PatienceEnds());
        pipeline.Submit(pending, pending.Session);
        return await pending.WaitAsync(cancellationToken);
    }
}
