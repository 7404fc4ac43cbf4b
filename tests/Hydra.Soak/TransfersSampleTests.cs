using System.Text.RegularExpressions;
using Hydra.Soak.Servers;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The sample that moves money, killed half-way and run again: its money is all there.</summary>
public partial class TransfersSampleTests : SceneTest
{
    private const int Transfers = 20;

    [Fact]
    public Task Killed_half_way_and_run_again_it_has_moved_everything_once_in_a_file() => SurviveAsync();

    [Fact]
    public Task Killed_half_way_and_run_again_it_has_moved_everything_once_on_PostgreSQL() =>
        SurviveAsync(new PostgreSqlSoakServer());

    [Fact]
    public Task Killed_half_way_and_run_again_it_has_moved_everything_once_on_MariaDB() =>
        SurviveAsync(new MySqlSoakServer());

    [Fact]
    public async Task What_it_cannot_understand_it_says()
    {
        var sample = Scene.StartTransfers("--pause", "soon");

        Assert.Equal(2, await sample.ExitAsync());
        Assert.Contains("--pause: 'soon'", sample.Error);
    }

    [GeneratedRegex(@"^  (\d+): .* (paid|refused), ", RegexOptions.Multiline)]
    private static partial Regex Receipts();

    private async Task SurviveAsync(SoakServer? server = null)
    {
        if (server is not null)
        {
            Scene.Url = Scene.Keep(server).Url;
        }

        string[] arguments = ["--transfers", $"{Transfers}", "--pause", "50ms"];
        var killed = Scene.StartTransfers(arguments);
        await Eventually.HoldsAsync("A part is done", () => killed.HasExited || Receipts().Count(killed.Output) >= 5);
        killed.Kill();
        await killed.ExitAsync();
        Assert.DoesNotContain("The accounts hold", killed.Output, StringComparison.Ordinal);

        var second = Scene.StartTransfers(arguments);

        Assert.True(await second.ExitAsync() == 0, second.Output + second.Error);
        var receipts = Receipts().Matches(second.Output);
        Assert.Equal(
            Enumerable.Range(1, Transfers).Select(static number => $"{number}"),
            receipts.Select(static one => one.Groups[1].Value).OrderBy(static number => number.Length).ThenBy(
                static number => number, StringComparer.Ordinal));
        var paid = receipts.Count(static one => one.Groups[2].Value == "paid");
        Assert.InRange(paid, 1, Transfers - 1);
        Assert.Contains(
            $"{paid} transfers are in the ledger. The accounts hold 1000, of 1000 at first.", second.Output);
    }
}
