using Hydra.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hydra.Tests.Hosting;

/// <summary>The engine in a host, on the system's clock and the thread pool.</summary>
public class HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_host_opens_the_engine_and_closes_it()
    {
        using var host = Build(hydra => hydra.UseInMemory().AddWorkflow<int, int>("test", Double).AddWorker());
        await host.StartAsync();
        var client = host.Services.GetRequiredService<IHydraClient>();

        var handle = await client.Workflow<int, int>("test").StartAsync(21);
        var result = await handle.ResultAsync().WaitAsync(Patience);
        var workers = await client.WorkersAsync();
        await host.StopAsync();

        Assert.Equal(42, result);
        Assert.Single(workers);
        Assert.Same(host.Services.GetRequiredService<HydraEngine>().Client, client);
        await Assert.ThrowsAnyAsync<Exception>(() => client.Workflow<int, int>("test").StartAsync(1));
    }

    [Fact]
    public async Task A_host_that_stops_hands_its_work_back_and_counts_no_crash()
    {
        var database = new InMemoryDatabase(TimeProvider.System);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stops = true;
        using var first = Build(Configure);
        await first.StartAsync();
        var client = first.Services.GetRequiredService<IHydraClient>();
        var handle = await client.Workflow<int, int>("test").StartAsync(5);
        await begun.Task.WaitAsync(Patience);

        await first.StopAsync().WaitAsync(Patience);
        stops = false;
        using var second = Build(Configure);
        await second.StartAsync();
        var next = second.Services.GetRequiredService<IHydraClient>().Execution<int>(handle.Id);
        var result = await next.ResultAsync().WaitAsync(Patience);
        var details = await next.DescribeAsync();
        await second.StopAsync();

        Assert.Equal(5, result);
        Assert.Equal((0, 2L), (details.Row.Crashes, details.Row.Epoch));
        Assert.Empty(details.Tries);

        void Configure(HydraBuilder hydra) => hydra
            .UseInMemory(database)
            .AddWorkflow("test", (WorkflowContext context, int number) => context.StepAsync(
                "slow",
                number,
                async (input, token) =>
                {
                    begun.TrySetResult();
                    await Task.Delay(stops ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, TimeProvider.System, token);
                    return input;
                }))
            .AddWorker(worker => worker with
            {
                HeartbeatInterval = TimeSpan.FromMinutes(5),
                ClaimTimeout = TimeSpan.FromMinutes(20),
            });
    }

    [Fact]
    public async Task An_idle_engine_closes_at_once_whatever_its_intervals_are()
    {
        var hydra = await HydraEngine.OpenAsync(hydra => hydra
            .UseInMemory()
            .AddWorkflow<int, int>("test", Double)
            .AddWorker(worker => worker with
            {
                PollInterval = TimeSpan.FromHours(1),
                HeartbeatInterval = TimeSpan.FromMinutes(5),
                ClaimTimeout = TimeSpan.FromMinutes(20),
                ShutdownGrace = TimeSpan.FromHours(1),
            }));

        await hydra.DisposeAsync().AsTask().WaitAsync(Patience);
    }

    [Fact]
    public async Task Disposing_of_an_engine_twice_does_no_harm()
    {
        var hydra = await HydraEngine.OpenAsync(hydra => hydra
            .UseInMemory().AddWorkflow<int, int>("test", Double).AddWorker());

        await hydra.DisposeAsync();
        await hydra.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => hydra.Client.Workflow<int, int>("test").StartAsync(1));
    }

    [Fact]
    public void A_host_has_one_engine()
    {
        var services = new ServiceCollection();
        services.AddHydra(hydra => hydra.UseInMemory());

        var thrown = Assert.Throws<InvalidOperationException>(() => services.AddHydra(hydra => hydra.UseInMemory()));

        Assert.Contains("one engine", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_in_the_configuration_is_told_when_it_is_made()
    {
        var services = new ServiceCollection();

        Assert.Throws<ArgumentException>(() => services.AddHydra(_ => { }));
        Assert.Throws<ArgumentNullException>(() => services.AddHydra(null!));
        Assert.Empty(services);
    }

    [Fact]
    public async Task A_workflow_class_gets_services_of_its_host()
    {
        using var host = Build(
            hydra => hydra.UseInMemory().AddWorkflow<Polite>().AddWorker(),
            services => services.AddScoped<Manners>());
        await host.StartAsync();

        var handle = await host.Services.GetRequiredService<IHydraClient>().Workflow<Polite>().StartAsync("Ada");
        var result = await handle.ResultAsync().WaitAsync(Patience);
        await host.StopAsync();

        Assert.Equal("Dear Ada", result);
    }

    [Fact]
    public async Task A_client_without_a_worker_starts_what_others_run()
    {
        var database = new InMemoryDatabase(TimeProvider.System);
        await using var front = await HydraEngine.OpenAsync(hydra => hydra.UseInMemory(database));
        var handle = await front.Client.Workflow<int, int>("test").StartAsync(21);
        var waiting = handle.ResultAsync();

        await using var back = await HydraEngine.OpenAsync(hydra => hydra
            .UseInMemory(database).AddWorkflow<int, int>("test", Double).AddWorker());

        Assert.Equal(42, await waiting.WaitAsync(Patience));
        Assert.Single(await front.Client.WorkersAsync());
    }

    [Fact]
    public async Task Logs_hold_ids_and_never_what_payloads_hold()
    {
        const string Canary = "canary-4711";
        using var log = new LogBook();
        using var host = Build(
            hydra => hydra
                .UseInMemory()
                .AddWorkflow<string, string>("test", Leak, new() { MaxAttempts = 2 })
                .AddWorker(),
            services => services.AddLogging(logging => logging
                .SetMinimumLevel(LogLevel.Trace)
                .AddProvider(log)));
        await host.StartAsync();

        var client = host.Services.GetRequiredService<IHydraClient>();
        var handle = await client.Workflow<string, string>("test").StartAsync(
            Canary, new() { RetryBackoff = TimeSpan.FromMilliseconds(1) });
        await handle.WaitAsync().WaitAsync(Patience);
        await host.StopAsync();

        Assert.Contains($"{handle.Id}", log.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Canary, log.ToString(), StringComparison.Ordinal);

        static async Task<string> Leak(WorkflowContext context, string secret)
        {
            await context.StepAsync("keep", secret, (input, _) => Task.FromResult(input));
            await context.StepAsync<string>(
                "fail",
                _ => throw new InvalidOperationException($"with {secret}"),
                new() { Retry = new() { MaxAttempts = 2, Backoff = TimeSpan.Zero } });
            return secret;
        }
    }

    private static IHost Build(Action<HydraBuilder> configure, Action<IServiceCollection>? services = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddHydra(configure);
        services?.Invoke(builder.Services);
        return builder.Build();
    }

    private static Task<int> Double(WorkflowContext context, int number) =>
        context.StepAsync("double", number, (input, _) => Task.FromResult(2 * input));

    public sealed class Manners
    {
        public string Title { get; } = "Dear";
    }

    public sealed class Polite(Manners manners) : IWorkflow<string, string>
    {
        public Task<string> RunAsync(WorkflowContext context, string name) =>
            context.StepAsync("greet", name, (input, _) => Task.FromResult($"{manners.Title} {input}"));
    }
}
