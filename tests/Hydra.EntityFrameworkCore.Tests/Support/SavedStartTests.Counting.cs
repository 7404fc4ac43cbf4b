using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore.Tests;

/// <content>What the metrics tell of starts that a context saves.</content>
public abstract partial class SavedStartTests
{
    [Fact]
    public async Task Starts_are_counted_when_they_are_saved_or_written_within_a_transaction()
    {
        var @namespace = $"counted-{Guid.NewGuid():N}"; // The meter is the process's, and so of other tests as well.
        var outcomes = new ConcurrentQueue<string>();
        using var listener = ListenToStarts(@namespace, outcomes.Enqueue);
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Database.Use(hydra);
                hydra.Namespace = @namespace;
            },
            Token);
        await using var context = CreateContext();

        await engine.Client.With(context).Workflow<int, int>("double").StartAsync(1, cancellationToken: Token);
        Assert.Empty(outcomes);
        await context.SaveChangesAsync(Token);
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            var within = engine.Client.In(transaction.GetDbTransaction()).Workflow<int, int>("double");
            await within.StartAsync(2, new() { Key = "k" }, Token);
            await within.StartAsync(2, new() { Key = "k" }, Token);
            await transaction.CommitAsync(Token);
        });

        Assert.Equal(["enlisted", "enlisted", "existing"], outcomes);
    }

    /// <summary>Hears what came of the starts of a namespace.</summary>
    private static MeterListener ListenToStarts(string @namespace, Action<string> heard)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument is { Meter.Name: "Hydra", Name: "hydra.workflow.starts" })
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var told = tags.ToArray().ToDictionary();
            if ((string?)told["namespace"] == @namespace)
            {
                heard((string)told["outcome"]!);
            }
        });
        listener.Start();
        return listener;
    }
}
