// Writes test/features/java/goldens.json: which code points classes of java.util.regex hold, and what patterns split and find.
// Run with JDK 17: java test/features/java/MakeGoldens.java > test/features/java/goldens.json
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.*;
import java.util.function.Predicate;
import java.util.regex.*;

public class MakeGoldens {
  static final String[] CLASSES = (
    "\\d \\D \\w \\W \\s \\S \\h \\H \\v \\V . (?s). (?m). (?U)\\w (?U)\\W (?U)\\d (?U)\\s (?U)\\S "
    + "\\p{Lower} \\p{Upper} \\p{ASCII} \\p{Alpha} \\p{Digit} \\p{Alnum} \\p{Punct} \\p{Graph} \\p{Print} \\p{Blank} \\p{Cntrl} \\p{XDigit} \\p{Space} "
    + "(?U)\\p{Lower} (?U)\\p{Upper} (?U)\\p{Alpha} (?U)\\p{Digit} (?U)\\p{Alnum} (?U)\\p{Punct} (?U)\\p{Graph} (?U)\\p{Print} (?U)\\p{Blank} (?U)\\p{Cntrl} (?U)\\p{XDigit} (?U)\\p{Space} "
    + "\\p{IsAlphabetic} \\p{IsLetter} \\p{IsIdeographic} \\p{IsLowercase} \\p{IsUppercase} \\p{IsTitlecase} \\p{IsPunctuation} \\p{IsControl} \\p{IsWhite_Space} \\p{IsWhiteSpace} "
    + "\\p{IsDigit} \\p{IsHex_Digit} \\p{IsJoin_Control} \\p{IsNoncharacter_Code_Point} \\p{IsAssigned} \\p{IsAlnum} \\p{IsBlank} \\p{IsGraph} \\p{IsPrint} \\p{IsPunct} \\p{IsAlpha} \\p{IsLower} \\p{IsUpper} \\p{IsSpace} \\p{IsXDigit} \\p{IsCntrl} \\p{IsWord} \\p{IsASCII} \\p{IsjavaLowerCase} \\p{IsLC} \\p{IsLD} \\p{IsLatn} \\p{Latin} \\p{InLatin-1_Supplement} \\p{script=Latn} \\p{gc=Alpha} \\p{isL} \\P{IsAlphabetic} "
    + "\\pL \\PL \\p{L} \\p{Lu} \\p{Ll} \\p{Lt} \\p{Lm} \\p{Lo} \\p{M} \\p{Mn} \\p{Me} \\p{Mc} \\p{N} \\p{Nd} \\p{Nl} \\p{No} \\p{Z} \\p{Zs} \\p{Zl} \\p{Zp} \\p{C} \\p{Cc} \\p{Cf} \\p{Co} \\p{Cs} \\p{Cn} "
    + "\\p{P} \\p{Pd} \\p{Ps} \\p{Pe} \\p{Pc} \\p{Po} \\p{Pi} \\p{Pf} \\p{S} \\p{Sm} \\p{Sc} \\p{Sk} \\p{So} \\p{LC} \\p{LD} \\p{L1} \\p{all} \\p{IsL} \\p{IsLu} \\p{gc=Lu} \\p{general_category=P} "
    + "\\p{IsLatin} \\p{IsHan} \\p{IsGreek} \\p{IsCyrillic} \\p{IsHiragana} \\p{IsArab} \\p{script=Hebrew} \\p{sc=Thai} \\p{IsCommon} \\p{IsUnknown} "
    + "\\p{InGreek} \\p{InBasic_Latin} \\p{InBasicLatin} \\p{block=Cyrillic} \\p{blk=GeneralPunctuation} \\p{InLatin_1_Supplement} \\p{InCJKUnifiedIdeographs} "
    + "\\p{javaLowerCase} \\p{javaUpperCase} \\p{javaAlphabetic} \\p{javaIdeographic} \\p{javaTitleCase} \\p{javaDigit} \\p{javaDefined} \\p{javaLetter} \\p{javaLetterOrDigit} \\p{javaSpaceChar} \\p{javaWhitespace} \\p{javaISOControl} \\p{javaMirrored} "
    + "[a-z&&[aeiou]] [a-z&&[^aeiou]] [^a-z&&[aeiou]] [\\w&&[^\\d]] [\\p{L}&&[^\\p{Lu}]] [a-m&&d-z] [^\\p{L}\\p{N}] [\\p{Punct}\\s] [^\\p{Alnum}'] [\\p{L}\\p{M}&&\\p{IsLatin}] [a-d[m-p]] [a-d[^m-p]] [^a[b]] [a&b] [a&&b&&c] "
    + "[]a] [a-] [-a] [a^] [\\w-.] [\\]\\[] [\\x41-\\x{5A}] [\\u00e0-\\u00ff] [\\t-\\r] [\\p{L}-[a]] [\\0101\\cA\\e\\a] [a\\-z] [+--] [\\Qa-c]\\E] \\x{1F600} [\\x{1F600}-\\x{1F64F}] \\uD83D\\uDE00 \\R "
    + "(?i)a (?i)[a-c] (?i)[^k] (?i)k (?i)\\u00e9 (?i)[X-b] (?i)[\\d_] (?i)\\w (?i)\\p{L} (?i)\\p{Alpha} (?i)\\p{Punct}").split(" ");

  static final String[] PATTERNS = {
    "\\s+", "\\W+", "\\W", "[^a-z]+", "\\h+", "\\v", "[\\p{Punct}\\s]+", "\\p{Punct}", "[^\\p{Alnum}]+", "\\p{IsAlphabetic}+", "\\P{L}+", "\\b", "\\B", "\\b\\w+\\b", "(?U)\\b\\w+\\b", "(?U)\\W+",
    "[\\w&&[^\\d]]+", "[a-z&&[^aeiou]]", "(\\s)+", "(\\s|,)", "(?<sep>[,;])\\s*", "(?:a|b)+c?", "", "\\s*", "x*", "[^x]*?", "(?=\\p{Lu})", "(?<=\\d)(?=\\D)", "(?<!a)b", "(?!a)\\w", "(?i)inv[o0]ice", "(?i:A)b", "a(?i)b|c",
    "a++b", "(?>a+|ab)c", "\\w*+\\d", "[a-z]{2,3}?", "\\w{2,}", "\\d{4}", "^\\w+", "\\w+$", "(?m)^\\w+", "(?m)$", "(?m)^", "$", "\\A\\w", "\\Z", "\\z", ".", "(?s).", ".+", "\\R", "\\Q.\\E", "\\Qa.b", "[.]", "\\.", "\\-|\\'", "a|", "|a", "\\u0041+", "\\x{1F600}", "[\\x{1F600}-\\x{1F64F}]+", ".{2}", "\\t| {2}", "[\\s\\p{P}&&[^']]+", "[A-Za-z\\u00C0-\\u017F]+", "[\\p{L}\\p{M}]+", "\\S+", "\\p{javaLetter}+",
    "(a*)*", "(a|b*)+", "(?:|a)+", "(.)\\1", "\\G\\w", "\\X", "(?x)a b", "(?u)a", "(?d).", "\\b{g}", "(?iU)a", "a{,3}", "(?i)\\p{Lu}", "[a&&]", "(?<=a+)b", "\\N{DIGIT ONE}", "(?!\\p{L})", "(\\w+\\s?)+!",
    "\\R{2}", "\\R+", "\\R?x", "(\\R)+", "(?:\\R\\s)?x", "\\z\\B", "x|\\Z", "\\.|$", "(?:|a)?b", "(?:a*?)?b", "\\P{L}[.]?|", "\\P{L}*", "\\p{Alpha}*", "[\\v-.]", "[\\v-]", "\\B.", "(?!b).", "(?<!b).", "(?<=\\p{L}).", "(?<!\\p{L})\\w", "(?<=[^a])\\p{L}", "(?<=\\p{So})x", "(?<=\\p{L}\\p{L})x", "(?<!\\p{L})(?=\\p{L})", "(?<=\\p{Ll})(?=\\p{Lu})", "(?<=x-a+)b", "(?<=\\p{Cs})x", "(?<=😀)x", "(?<=\\x{1F600})x", "(?=[\\ude00])", "(?<=😀?)"
  };
  static final String[] TEXTS = {
    "", " ", "a", "Invoice no. 12-77: total due, payment by transfer; qty 4 (net).", "  two  spaces ", "na\u00efve caf\u00e9\u00a0\u00c9t\u00e9\u2003x\u202fy\u3000z", "tab\tvt\u000bff\fcr\rlf\ncrlf\r\nnel\u0085ls\u2028ps\u2029end", "line one\nline two\r\n", "aab abc aaac ab1 a1b2", "it's O'Neil-Smith's \u2018quote\u2019 \u00abx\u00bb \u00a7 5", "\u0391\u03b2\u03b3 \u0416\u0443\u043a \u4e2d\u6587\u5b57 \u0e44\u0e17\u0e22 \u0661\u0662", "e\u0301 a\u0300b \u0301x", "a\uD83D\uDE00b \uD835\uDCB3\uD835\uDCB4 x\uD83D\uDE00\uD83D\uDE01", "INVOICE Inv0ice \u0130\u0131\u212a k", "x", "!!", "a b\n", "\n", "a.b-c_d", "2024-01-02T03:04", "\n\n\r\n\r\nx", "\r\nx\u2028.", "\uD835\uDCB3\uD83D\uDE00x\uD801\uDC28b", "-\u000b.\uD83D x", "b\uD83D\uDE00"
  };

  static String json(String s) {
    StringBuilder out = new StringBuilder("\"");
    for (char c : s.toCharArray())
      if (c == '"' || c == '\\') out.append('\\').append(c); else if (c >= ' ' && c < 127) out.append(c); else out.append(String.format("\\u%04x", (int) c));
    return out.append('"').toString();
  }
  static String json(List<String> list) { StringJoiner out = new StringJoiner(",", "[", "]"); for (String s : list) out.add(json(s)); return out.toString(); }

  static String hash(String regex) throws Exception {
    Predicate<String> in = Pattern.compile(regex).asMatchPredicate();
    StringBuilder ranges = new StringBuilder();
    for (int c = 0; c <= 0x10FFFF; ) {
      if (!in.test(Character.toString(c))) { c++; continue; }
      int from = c;
      while (c <= 0x10FFFF && in.test(Character.toString(c))) c++;
      ranges.append(from).append('-').append(c - 1).append(',');
    }
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(ranges.toString().getBytes(StandardCharsets.US_ASCII));
    StringBuilder hex = new StringBuilder();
    for (int i = 0; i < 8; i++) hex.append(String.format("%02x", digest[i]));
    return hex.toString();
  }

  public static void main(String[] args) throws Exception {
    System.out.println("{\"origin\":\"MakeGoldens.java, JDK " + System.getProperty("java.version") + "\",\"classes\":{");
    for (int i = 0; i < CLASSES.length; i++) {
      String value;
      try { value = hash(CLASSES[i]); } catch (PatternSyntaxException e) { value = "error"; }
      System.out.println(json(CLASSES[i]) + ":" + json(value) + (i + 1 < CLASSES.length ? "," : ""));
    }
    System.out.println("},\"texts\":" + json(Arrays.asList(TEXTS)) + ",\"patterns\":[");
    for (int p = 0; p < PATTERNS.length; p++) {
      System.out.print("{\"pattern\":" + json(PATTERNS[p]));
      try {
        Pattern pattern = Pattern.compile(PATTERNS[p]);
        StringJoiner split = new StringJoiner(",", "[", "]"), found = new StringJoiner(",", "[", "]");
        for (String text : TEXTS) {
          split.add(json(Arrays.asList(pattern.split(text))));
          List<String> all = new ArrayList<>();
          for (Matcher m = pattern.matcher(text); m.find(); ) all.add(m.group());
          found.add(json(all));
        }
        System.out.print(",\"split\":" + split + ",\"found\":" + found);
      } catch (PatternSyntaxException e) { System.out.print(",\"error\":true"); }
      System.out.println("}" + (p + 1 < PATTERNS.length ? "," : ""));
    }
    System.out.println("]}");
  }
}
