using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The completion scripts in the shells that they are for, those that are installed.</summary>
public class CompletionTests : SceneTest
{
    private const string Bash = """
        eval "$(hydra completion bash)"
        COMP_LINE=$1 COMP_POINT=${#1}
        IFS=' ' read -ra COMP_WORDS <<< "$1"
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _hydra_complete
        printf '%s\n' "${COMPREPLY[@]}"
        """;

    private const string Fish = """
        hydra completion fish | source
        complete -C $argv[1]
        """;

    private const string Pwsh = """
        hydra completion pwsh | Out-String | Invoke-Expression
        $line = $env:HYDRA_TEST_LINE
        (TabExpansion2 -inputScript $line -cursorColumn $line.Length).CompletionMatches | % CompletionText
        """;

    /// <summary>A terminal in which a key is pressed: zsh completes nowhere else. It shows the whole line.</summary>
    private const string Zsh = """
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PS1=; autoload -Uz compinit; compinit -u -D; eval "$(hydra completion zsh)"; echo RE""ADY'
        zpty -r shell seen '*READY*'
        zpty -n -w shell "$1"$'\t'
        zpty -r shell seen "*$2*"
        print -r -- "$2"
        """;

    /// <summary>Lines, and the only word that fits at their ends.</summary>
    private static readonly (string Line, string Word)[] Lines =
    [
        ("hydra termi", "terminate"),
        ("hydra completion fi", "fish"),
        ("hydra list --st", "--state"),
        ("hydra list --state com", "completed"),
    ];

    [Theory]
    [InlineData("bash")]
    [InlineData("fish")]
    [InlineData("pwsh")]
    [InlineData("zsh")]
    public async Task A_shell_completes_commands_options_and_values(string shell)
    {
        Assert.SkipUnless(IsInstalled(shell) && !OperatingSystem.IsWindows(), $"There is no {shell}.");
        var path = await MakePathAsync();

        foreach (var (line, word) in Lines)
        {
            var whole = line[..(line.LastIndexOf(' ') + 1)] + word;
            string[] arguments = shell switch
            {
                "bash" => ["-c", Bash, shell, line],
                "fish" => ["--no-config", "--command", Fish, line],
                "pwsh" => ["-NoProfile", "-Command", Pwsh],
                _ => ["-c", Zsh, shell, line, whole],
            };
            var environment = new Dictionary<string, string> { ["PATH"] = path, ["HYDRA_TEST_LINE"] = line };

            var result = await ProgramProcess.RunAsync(shell, Scene.Root, arguments, environment);

            Assert.Equal((shell == "zsh" ? whole : word, ""), (result.Output.TrimEnd(), result.Error));
        }
    }

    [Fact]
    public async Task Nothing_is_suggested_for_a_value_behind_an_equals_sign()
    {
        var result = await Scene.HydraAsync("[suggest:21]", "hydra list --state=co");

        Assert.Equal((0, "", ""), (result.Code, result.Output.Trim(), result.Error));
    }

    private static bool IsInstalled(string shell) => Environment.GetEnvironmentVariable("PATH")!
        .Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, shell)));

    /// <summary>Puts a command named hydra before all others.</summary>
    private async Task<string> MakePathAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(Scene.Root, "bin"));
        var command = Path.Combine(folder.FullName, "hydra");
        await File.WriteAllTextAsync(command, $"#!/bin/sh\nexec '{Programs.Cli}' \"$@\"\n", Cancellation);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        return $"{folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}";
    }
}
