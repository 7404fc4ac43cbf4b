namespace Hydra.Stores.Tests;

public sealed class LostAnswerTests
{
    [Fact]
    public async Task An_execution_completes_though_the_answer_to_a_commit_was_lost()
    {
        await using var hydra = await HydraEngine.OpenAsync(
            hydra => hydra
                .UseStore(setup => new FaultyStore(
                    new InMemoryWorkflowStore(setup.Namespace, setup.TimeProvider),
                    call => call is { Kind: StoreCallKind.Commit, Number: 2 } ? StoreFault.AfterCall : null))
                .AddWorkflow<int, int>("double", (context, number) =>
                    context.StepAsync("twice", number, (value, _) => Task.FromResult(value * 2)))
                .AddWorker(),
            TestContext.Current.CancellationToken);

        var handle = await hydra.Client.Workflow<int, int>("double").StartAsync(
            21, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(42, await handle.ResultAsync(TestContext.Current.CancellationToken));
    }
}
