using System.Text.Json;
using Hydra.Soak.Histories;

namespace Hydra.Soak.Support;

/// <summary>A directory with a database, a log of side effects, and the processes that work on them.</summary>
/// <remarks>Whatever happens, its processes do not outlive it. The directory does when the test failed.</remarks>
internal sealed class Scene : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _started = [];
    private HydraEngine? _engine;

    public Scene() => Root = Directory.CreateTempSubdirectory("hydra-soak-").FullName;

    public string Root { get; }

    public string Database => Path.Combine(Root, "hydra.db");

    /// <summary>The database of the programs; a file of the scene's own unless a server is set.</summary>
    public string Url
    {
        get => field ?? $"sqlite://{Database}";
        set;
    }

    public string EffectsFile => Path.Combine(Root, "effects.jsonl");

    /// <summary>Starts a worker on the scene's database.</summary>
    public ProgramProcess StartWorker(string name, params IEnumerable<(string Name, string Value)> variables) =>
        StartWorker(Programs.Worker, [], name, variables);

    /// <summary>Starts a worker of the program that is made to be hurt.</summary>
    public ProgramProcess StartVictim(string name, params IEnumerable<(string Name, string Value)> variables) =>
        StartWorker(Programs.Victim, ["work"], name, variables);

    /// <summary>Starts a worker of the program that moves money.</summary>
    public ProgramProcess StartTeller(string name, params IEnumerable<(string Name, string Value)> variables) =>
        StartWorker(Programs.Teller, [], name, variables);

    private ProgramProcess StartWorker(
        string program, string[] arguments, string name, IEnumerable<(string Name, string Value)> variables)
    {
        var environment = new Dictionary<string, string>
        {
            ["DATABASE_URL"] = Url,
            ["WORKER_ID"] = name,
            ["HYDRA_CLAIM_TIMEOUT"] = "2s",
            ["HYDRA_HEARTBEAT_INTERVAL"] = "500ms",
        };
        foreach (var (variable, value) in variables)
        {
            environment[variable] = value;
        }

        return Keep(ProgramProcess.Start(program, Root, arguments, environment));
    }

    /// <summary>Starts a worker and waits until others can see it.</summary>
    public async Task<ProgramProcess> StartReadyWorkerAsync(
        string name, params IEnumerable<(string Name, string Value)> variables)
    {
        var client = await OpenClientAsync();
        var worker = StartWorker(name, variables);
        await Eventually.HoldsAsync($"The worker '{name}' is there", async () =>
            (await client.WorkersAsync(TestContext.Current.CancellationToken)).Any(session => session.Worker == name));
        return worker;
    }

    /// <summary>Starts the onboarding sample in the scene's directory.</summary>
    public ProgramProcess StartOnboarding(params IEnumerable<string> arguments) =>
        Keep(ProgramProcess.Start(Programs.UserOnboarding, Root, arguments));

    public ProgramProcess StartOrders() => Keep(ProgramProcess.Start(
        Programs.Orders, Root, ["--db", Database, "--urls", "http://127.0.0.1:0"]));

    /// <summary>Starts the sample that moves money, on the scene's database.</summary>
    public ProgramProcess StartTransfers(params IEnumerable<string> arguments) =>
        Keep(ProgramProcess.Start(Programs.Transfers, Root, ["--database", Url, .. arguments]));

    /// <summary>Runs a command of `hydra` on the scene's database.</summary>
    public Task<ProgramResult> HydraAsync(params IEnumerable<string> arguments) =>
        ProgramProcess.RunAsync(
            Programs.Cli, Root, arguments, new Dictionary<string, string> { ["DATABASE_URL"] = Url });

    /// <summary>Runs a command of `hydra` that must succeed, and reads its JSON.</summary>
    public async Task<JsonElement> HydraJsonAsync(params IEnumerable<string> arguments)
    {
        var result = await HydraAsync([.. arguments, "--json"]);
        Assert.True(result.Code == 0, $"hydra {string.Join(' ', arguments)}: {result.Code} {result.Error}");
        return JsonElement.Parse(result.Output);
    }

    /// <summary>Opens the scene's database as a program of the user's would that only starts and follows.</summary>
    public async Task<IHydraClient> OpenClientAsync() =>
        (_engine ??= Keep(await HydraEngine.OpenAsync(
            hydra => hydra.UseDatabase(Url), TestContext.Current.CancellationToken))).Client;

    /// <summary>The side effects so far; a line that is being written is left out.</summary>
    public IReadOnlyList<SideEffect> Effects()
    {
        if (!File.Exists(EffectsFile))
        {
            return [];
        }

        using var file = new FileStream(EffectsFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        var text = reader.ReadToEnd();
        return text[..(text.LastIndexOf('\n') + 1)]
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(SideEffect.Parse)
            .ToList();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var started in Enumerable.Reverse(_started))
        {
            await started.DisposeAsync();
        }

        if (TestContext.Current.TestState?.Result != TestResult.Failed)
        {
            Directory.Delete(Root, recursive: true);
            return;
        }

        foreach (var process in _started.OfType<ProgramProcess>())
        {
            var log = Path.Combine(Root, $"{process.Id}.log");
            await File.WriteAllTextAsync(log, process.Output + process.Error, CancellationToken.None);
        }
    }

    /// <summary>Disposes of something with the scene, after what is kept later.</summary>
    public T Keep<T>(T started) where T : IAsyncDisposable
    {
        _started.Add(started);
        return started;
    }
}
