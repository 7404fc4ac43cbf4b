using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Starts that a context saves for an engine that encrypts.</summary>
public abstract class EncryptedStartTests(Database database) : ContextTests(database)
{
    [Fact]
    public async Task What_is_saved_is_encrypted_like_any_start_and_known_again_by_its_key()
    {
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Database.Use(hydra);
                hydra.Payloads.Encrypt(new KeyRing(EncryptionKey.Generate("k1")));
                hydra.AddWorkflow<int, int>("triple", (_, number) => Task.FromResult(number * 3));
                hydra.AddWorker();
            },
            Token);
        await using var context = CreateContext();
        var triple = engine.Client.With(context).Workflow<int, int>("triple");
        var handle = await triple.StartAsync(14, new() { Key = "k" }, Token);
        var unsaved = await triple.StartAsync(14, new() { Key = "k" }, Token);

        await context.SaveChangesAsync(Token);

        Assert.Equal(42, await handle.ResultAsync(Token));
        var saved = await triple.StartAsync(14, new() { Key = "k" }, Token);
        Assert.Equal((handle.Id, handle.Id), (unsaved.Id, saved.Id));
        await Assert.ThrowsAsync<StartConflictException>(() => triple.StartAsync(15, new() { Key = "k" }, Token));
        var seen = await Client.Execution(handle.Id).DescribeAsync(Token); // Without the key.
        Assert.Equal("k1", seen.Journal[0].Input.KeyId);
    }

    [Fact]
    public async Task A_start_with_a_subject_is_saved_within_a_transaction_or_never_was()
    {
        await using var engine = await HydraEngine.OpenAsync(
            hydra =>
            {
                Database.Use(hydra);
                hydra.Payloads.Encrypt(new KeyRing(EncryptionKey.Generate("k1")));
                hydra.AddWorkflow<int, int>("triple", (_, number) => Task.FromResult(number * 3));
                hydra.AddWorker();
            },
            Token);
        var ada = new StartOptions { Subject = "ada" };
        var first = await engine.Client.Workflow<int, int>("triple").StartAsync(1, ada, Token); // Makes her key.
        await first.ResultAsync(Token);

        var kept = await SaveAsync(engine.Client, ada, commits: true);
        var lost = await SaveAsync(engine.Client, ada, commits: false);
        var result = await kept.ResultAsync(Token);
        var stored = (await Client.Execution(kept.Id).DescribeAsync(Token)).Journal[0].Input.KeyId; // Without keys.
        await engine.Client.ShredAsync("ada", Token);

        Assert.Equal(42, result);
        Assert.StartsWith("subject:", stored, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => lost.StatusAsync(Token));
        var refused = await Assert.ThrowsAsync<PayloadException>(() => SaveAsync(engine.Client, ada, commits: true));
        Assert.True(refused.IsShredded);
    }

    /// <summary>Starts one execution with a context and one beside it in the same transaction.</summary>
    private async Task<ExecutionHandle<int>> SaveAsync(IHydraClient client, StartOptions options, bool commits)
    {
        await using var context = CreateContext();
        ExecutionHandle<int>? handle = null;
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            handle = await client.With(context).Workflow<int, int>("triple").StartAsync(14, options, Token);
            await context.SaveChangesAsync(Token);
            await client.In(transaction.GetDbTransaction()).Workflow<int, int>("triple").StartAsync(1, options, Token);
            if (commits)
            {
                await transaction.CommitAsync(Token);
            }
        });
        return handle!;
    }
}
