using System.Runtime.CompilerServices;
using Hydra.Engine.Replaying;

namespace Hydra;

/// <content>Today's code over recorded executions.</content>
internal sealed partial class HydraClient
{
    private ReplaySetup Setup => new(
        runtime, serializer, registry, builder.Services, builder.CheckServices, log)
    {
        Codec = codec,
    };

    public Task<ReplayReport> ReplayAsync(
        ExecutionId id, ReplayOptions options, CancellationToken cancellationToken)
    {
        options.Validate();
        return Enter(async () => await ReplayRun.RunAsync(
            Setup, await DescribeCoreAsync(id, cancellationToken), options, cancellationToken));
    }

    /// <summary>Replays what somebody else has read.</summary>
    public Task<ReplayReport> ReplayAsync(
        ExecutionDetails details, ReplayOptions options, CancellationToken cancellationToken) =>
        Enter(() => ReplayRun.RunAsync(Setup, details, options, cancellationToken));

    public IAsyncEnumerable<ReplayReport> ReplayAsync(
        ReplayFilter? filter = null, ReplayOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ReplayOptions();
        options.Validate();
        if (options.IsDryRun)
        {
            throw new ArgumentException("A dry run is of one execution.", nameof(options));
        }

        ThrowIfClosed();
        return new EnteredEnumerable<ReplayReport>(Enter, ReplayAllAsync(
            HydraClientReplayExtensions.SelectAsync(this, filter, cancellationToken), options, cancellationToken));
    }

    /// <summary>In the order of the list. Only so many are read and replayed at once: journals take memory.</summary>
    private async IAsyncEnumerable<ReplayReport> ReplayAllAsync(
        IAsyncEnumerable<Storage.ExecutionRow> rows,
        ReplayOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var under = new Queue<Task<ReplayReport?>>();
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            under.Enqueue(TryReplayAsync(row.Id, options, cancellationToken));
            if (under.Count == Environment.ProcessorCount && await under.Dequeue() is { } report)
            {
                yield return report;
            }
        }

        while (under.TryDequeue(out var last))
        {
            if (await last is { } report)
            {
                yield return report;
            }
        }
    }

    /// <summary>Null for one that retention has removed since it was listed.</summary>
    private async Task<ReplayReport?> TryReplayAsync(
        ExecutionId id, ReplayOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await ReplayAsync(id, options, cancellationToken);
        }
        catch (ExecutionNotFoundException)
        {
            return null;
        }
    }
}
